// One execution environment of a Lambda function: the built bundle as a process of its own, and Lambda's side of
// the runtime API on loopback. It handles one invocation at a time and is ended at the function's timeout.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Json } from '../template/template.ts';
import { closeServer, listen, readBody } from './endpoints/server.ts';

export interface FunctionSpec {
  readonly name: string;
  readonly arn: string;
  readonly codeDir: string;
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** All of it: what the template sets and what Lambda adds. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface InvocationResult {
  readonly requestId: string;
  /** As Lambda says it: `Unhandled` for an error that the handler threw, a timeout or a dead process. */
  readonly functionError?: 'Unhandled';
  readonly payload: Json;
}

/** What becomes of the process when it has been given its first event: it dies, or it does nothing any more. */
export type ProcessFault = 'crashes' | 'hangs';

/** What its processes took. */
export interface Usage {
  /** The peak of the resident set of one of them. */
  readonly memoryMb: number;
  /** The longest that one event took, from when the process had it. */
  readonly longestMs: number;
}

/** Lambda gives the init phase 10 s. */
const INIT_MS = 10_000;
const OWN_CLIENT = fileURLToPath(new URL('./runtime-client.mjs', import.meta.url));
const RIC = fileURLToPath(new URL('../../node_modules/aws-lambda-ric/index.mjs', import.meta.url));

interface Job {
  readonly requestId: string;
  readonly body: string;
  readonly settle: (result: InvocationResult) => void;
}

export class Environment {
  readonly #spec: FunctionSpec;
  readonly #onLine: (line: string) => void;
  readonly #now: () => number;
  readonly #fault: ProcessFault | undefined;
  readonly #server: Server;
  #child: ChildProcess | undefined;
  #waiting: ServerResponse | undefined;
  #job: Job | undefined;
  #delivered = false;
  #timer: NodeJS.Timeout | undefined;
  #initError: Json = null;
  dead = false;
  readonly usage: { -readonly [key in keyof Usage]: Usage[key] } = { memoryMb: 0, longestMs: 0 };
  #deliveredMs = 0;

  private constructor(
    spec: FunctionSpec,
    onLine: (line: string) => void,
    now: () => number,
    fault: ProcessFault | undefined,
  ) {
    this.#spec = spec;
    this.#now = now;
    this.#fault = fault;
    this.#onLine = onLine;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(
    spec: FunctionSpec,
    onLine: (line: string) => void,
    now: () => number,
    fault?: ProcessFault,
  ): Promise<Environment> {
    const environment = new Environment(spec, onLine, now, fault);
    const port = await listen(environment.#server);
    environment.#spawn(port);
    return environment;
  }

  /** Never rejects: a process that dies or runs over is a result like any other. */
  invoke(payload: string): Promise<InvocationResult> {
    const requestId = crypto.randomUUID();
    return new Promise((resolve) => {
      const settle = (result: InvocationResult): void => {
        clearTimeout(this.#timer);
        this.#job = undefined;
        this.#measure();
        resolve(result);
      };
      this.#job = { requestId, body: payload, settle };
      this.#delivered = false;
      if (this.dead) this.#exited();
      else this.#timer = setTimeout(() => this.#overrun(INIT_MS), INIT_MS);
      this.#deliver();
    });
  }

  async close(): Promise<void> {
    this.dead = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    const lives = child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
    const ended = lives ? new Promise((resolve) => child.once('exit', resolve)) : undefined;
    this.#kill();
    await ended;
    await closeServer(this.#server);
  }

  #measure(): void {
    const pid = this.#child?.pid;
    if (!this.#delivered || pid === undefined) return;
    this.usage.longestMs = Math.max(this.usage.longestMs, performance.now() - this.#deliveredMs);
    this.usage.memoryMb = Math.max(this.usage.memoryMb, peakMb(pid));
  }

  #spawn(port: number): void {
    const client = existsSync(RIC) ? RIC : OWN_CLIENT;
    const child = spawn(process.execPath, [client, this.#spec.handler], {
      cwd: this.#spec.codeDir,
      env: { ...this.#spec.environment, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', this.#onLine);
    }
    child.once('error', ({ message }) =>
      this.#onLine(`the function's process cannot be started: ${message}`),
    );
    child.once('close', () => this.#exited());
  }

  /** Node would send the signal of a process that never came to be to process 0: its own group, and the caller's. */
  #kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.#child?.pid !== undefined) this.#child.kill(signal);
  }

  #exited(): void {
    this.dead = true;
    const error = this.#initError ?? {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${this.#job?.requestId ?? ''} Error: Runtime exited before completing request`,
    };
    this.#job?.settle({ requestId: this.#job.requestId, functionError: 'Unhandled', payload: error });
  }

  #overrun(ms: number): void {
    const job = this.#job;
    this.dead = true;
    this.#kill();
    job?.settle({
      requestId: job.requestId,
      functionError: 'Unhandled',
      payload: {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${job.requestId} Error: Task timed out after ${(ms / 1000).toFixed(2)} seconds`,
      },
    });
  }

  #deliver(): void {
    const [job, response] = [this.#job, this.#waiting];
    if (!job || !response || this.#delivered) return;
    this.#delivered = true;
    this.#deliveredMs = performance.now();
    this.#waiting = undefined;
    clearTimeout(this.#timer);
    const { timeoutMs, arn } = this.#spec;
    this.#timer = setTimeout(() => this.#overrun(timeoutMs), timeoutMs);
    if (this.#fault !== undefined) this.#kill(this.#fault === 'crashes' ? 'SIGKILL' : 'SIGSTOP');
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': job.requestId,
      'lambda-runtime-deadline-ms': String(this.#now() + timeoutMs),
      'lambda-runtime-invoked-function-arn': arn,
      'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0',
    });
    response.end(job.body);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace('/2018-06-01/runtime/', '');
    if (path === 'invocation/next') {
      this.#waiting = response;
      this.#deliver();
      return;
    }
    const body = JSON.parse((await readBody(request)) || 'null') as Json;
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    if (path === 'init/error') this.#initError = body;
    const job = this.#job;
    if (!job || !path.startsWith(`invocation/${job.requestId}/`)) return;
    const failed = path.endsWith('/error');
    job.settle({
      requestId: job.requestId,
      payload: body,
      ...(failed ? { functionError: 'Unhandled' } : {}),
    });
  }
}

/** 0 where the process is gone. */
function peakMb(pid: number): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return 0;
  const [, kilobytes = 0] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
