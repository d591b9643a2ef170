// One round each of what is compared: the function from a cold start and then warm, and the floor.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from './endpoint.ts';
import { environment, FUNCTION_ARN, interruption, requests } from './notice.ts';
import { startRuntimeApi } from './runtime-api.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
export const CODE = path('../dist/lambda/respond');
const RUNTIME_CLIENT = path('../rehearsal/region/runtime-client.mjs');
const FLOOR = path('./floor.mjs');
const ROUND_MS = 20_000;

/** Milliseconds from the start of the process to its SendCommand, then from a second event to the next. */
export async function functionRound(
  endpoint: Endpoint,
  code = CODE,
): Promise<{ coldMs: number; coldCpuMs: number; warmMs: number }> {
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, AbortSignal.timeout(ROUND_MS)]);
  const runtime = await startRuntimeApi(FUNCTION_ARN, (error) => failure.abort(error));
  let child: ChildProcess | undefined;
  try {
    const coldCommand = endpoint.nextCommand(signal);
    const coldEvent = runtime.deliver(interruption());
    const startMs = performance.now();
    child = start([RUNTIME_CLIENT], failure, {
      ...environment(endpoint.url),
      AWS_LAMBDA_RUNTIME_API: runtime.address,
      LAMBDA_TASK_ROOT: code,
    });
    const coldMs = (await coldCommand).atMs - startMs;
    const coldCpuMs = cpuMs(child.pid ?? 0);
    await coldEvent;
    const warmCommand = endpoint.nextCommand(signal);
    const [event, command] = await Promise.all([runtime.deliver(interruption()), warmCommand]);
    return { coldMs, coldCpuMs, warmMs: command.atMs - event };
  } catch (error) {
    throw failure.signal.aborted ? failure.signal.reason : error;
  } finally {
    await end(child);
    await runtime.close();
  }
}

/** What all threads of the process have had of the processors up to now. */
function cpuMs(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const [onCpu = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return Number(onCpu);
  });
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** Milliseconds from the start of the process to its SendCommand. */
export async function floorRound(endpoint: Endpoint): Promise<number> {
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, AbortSignal.timeout(ROUND_MS)]);
  const { describe, command } = requests();
  let child: ChildProcess | undefined;
  try {
    const received = endpoint.nextCommand(signal);
    const startMs = performance.now();
    child = start([FLOOR, describe, command], failure, environment(endpoint.url));
    return (await received).atMs - startMs;
  } catch (error) {
    throw failure.signal.aborted ? failure.signal.reason : error;
  } finally {
    await end(child);
  }
}

/** A process that ends badly by itself is a failure. */
function start(args: readonly string[], failure: AbortController, env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  child.once('error', (error) => failure.abort(error));
  child.once('close', (code) => {
    if (code !== 0 && code !== null) failure.abort(new Error(`${args[0]} ended with ${code}: ${said}`));
  });
  return child;
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await closed;
}
