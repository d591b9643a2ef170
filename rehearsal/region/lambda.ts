// Lambda's asynchronous side for one function: environments as needed, retries as the template configures them,
// and the record to the failure destination.
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../template/template.ts';
import { Concurrency } from './concurrency.ts';
import {
  Environment,
  type FunctionSpec,
  type InvocationResult,
  type ProcessFault,
  type Usage,
} from './lambda-environment.ts';

/** Milliseconds between the tries of an event that is throttled: first, and at most. */
const BACK_OFF_MS = { first: 1_000, last: 300_000 };
/** Milliseconds after which a reader of a queue asks for room again. */
const ROOM_MS = 50;
/** Lambda's waits before the second and the third attempt of an asynchronous event. */
const RETRY_DELAYS_MS = [60_000, 120_000];

export interface AsyncConfig {
  readonly maxRetries: number;
  readonly maxAgeMs: number;
}

export interface LambdaTrouble {
  /** `throttled`: the account has no concurrency left, so that nothing runs. */
  readonly fault?: ProcessFault | 'throttled';
  /** How many processes it hits; all where absent. */
  readonly first?: number;
  /** By which Lambda's waits shrink with the window of the rehearsal. */
  readonly waitScale: number;
}

export interface FailureRecord {
  readonly version: '1.0';
  readonly timestamp: string;
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: 'RetriesExhausted' | 'EventAgeExceeded';
    readonly approximateInvokeCount: number;
  };
  readonly requestPayload: Json;
  /** Both absent where the function never ran. */
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: string;
    readonly functionError: string;
  };
  readonly responsePayload?: Json;
}

export class LambdaFunction {
  readonly spec: FunctionSpec;
  readonly #config: AsyncConfig;
  readonly #onLine: (line: string) => void;
  readonly #onFailure: (record: FailureRecord) => Promise<void>;
  readonly #trouble: LambdaTrouble;
  readonly #now: () => number;
  readonly #concurrency: Concurrency;
  readonly #idle: Environment[] = [];
  readonly #all: Environment[] = [];
  readonly #stop = new AbortController();

  constructor(
    spec: FunctionSpec,
    config: AsyncConfig,
    onLine: (line: string) => void,
    onFailure: (record: FailureRecord) => Promise<void>,
    trouble: LambdaTrouble = { waitScale: 1 },
    now: () => number = Date.now,
    concurrency = new Concurrency(Number.POSITIVE_INFINITY),
  ) {
    this.#concurrency = concurrency;
    // In a burst hundreds of events wait, each until then.
    setMaxListeners(0, this.#stop.signal);
    this.#trouble = trouble;
    this.#now = now;
    this.spec = spec;
    this.#config = config;
    this.#onLine = onLine;
    this.#onFailure = onFailure;
  }

  /** How many processes there have been. */
  get environments(): number {
    return this.#all.length;
  }

  /** The most of all of them. */
  get usage(): Usage {
    const all = this.#all.map(({ usage }) => usage);
    const most = (of: keyof Usage): number => Math.round(Math.max(0, ...all.map((one) => one[of])));
    return { memoryMb: most('memoryMb'), longestMs: most('longestMs') };
  }

  /** Waits for room and then for the answer, as an event source does. */
  async invoke(event: Json): Promise<InvocationResult> {
    while (!this.#concurrency.enter()) await this.#wait(ROOM_MS);
    try {
      return await this.#invoke(JSON.stringify(event));
    } finally {
      this.#concurrency.leave();
    }
  }

  /** Resolves when the event is done with: handled, or recorded as failed. */
  async invokeAsync(event: Json): Promise<void> {
    const received = Date.now();
    const { fault, waitScale } = this.#trouble;
    const maxAgeMs = this.#config.maxAgeMs * waitScale;
    if (fault === 'throttled') {
      await this.#wait(maxAgeMs);
      if (!this.#stop.signal.aborted)
        await this.#onFailure(this.#record(event, undefined, 'EventAgeExceeded', 0));
      return;
    }
    for (let backOffMs = BACK_OFF_MS.first; !this.#concurrency.enter(); ) {
      const leftMs = received + maxAgeMs - Date.now();
      const waitMs = backOffMs * (0.5 + Math.random());
      await this.#wait(Math.min(waitMs, leftMs));
      if (this.#stop.signal.aborted) return;
      if (waitMs >= leftMs) return this.#onFailure(this.#record(event, undefined, 'EventAgeExceeded', 0));
      backOffMs = Math.min(2 * backOffMs, BACK_OFF_MS.last);
    }
    try {
      await this.#untilDone(event, received, maxAgeMs);
    } finally {
      this.#concurrency.leave();
    }
  }

  async #untilDone(event: Json, received: number, maxAgeMs: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      // Closed meanwhile: an environment that starts now would stay.
      if (this.#stop.signal.aborted) return;
      const result = await this.#invoke(JSON.stringify(event));
      if (result.functionError === undefined || this.#stop.signal.aborted) return;
      const wait = (RETRY_DELAYS_MS[attempt - 1] ?? 0) * this.#trouble.waitScale;
      const tooOld = Date.now() + wait - received > maxAgeMs;
      if (attempt > this.#config.maxRetries || tooOld) {
        const condition = attempt > this.#config.maxRetries ? 'RetriesExhausted' : 'EventAgeExceeded';
        await this.#onFailure(this.#record(event, result, condition, attempt));
        return;
      }
      await this.#wait(wait);
    }
  }

  /** Until then, or until the rehearsal ends. A timer takes 2^31 - 1 ms at most. */
  async #wait(ms: number): Promise<void> {
    await delay(Math.min(ms, 2 ** 31 - 1), undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#all.map((environment) => environment.close()));
  }

  async #invoke(payload: string): Promise<InvocationResult> {
    let environment = this.#idle.pop();
    while (environment?.dead) environment = this.#idle.pop();
    if (!environment) {
      const { fault, first = Number.POSITIVE_INFINITY } = this.#trouble;
      const hit = fault !== 'throttled' && this.#all.length < first;
      environment = await Environment.start(this.spec, this.#onLine, this.#now, hit ? fault : undefined);
      this.#all.push(environment);
      // Closed while it started: nobody else would end it.
      if (this.#stop.signal.aborted) {
        await environment.close();
        return { requestId: '', functionError: 'Unhandled', payload: null };
      }
    }
    const result = await environment.invoke(payload);
    if (!environment.dead) this.#idle.push(environment);
    return result;
  }

  #record(
    event: Json,
    result: InvocationResult | undefined,
    condition: FailureRecord['requestContext']['condition'],
    attempts: number,
  ): FailureRecord {
    return {
      version: '1.0',
      timestamp: new Date().toISOString(),
      requestContext: {
        requestId: result?.requestId ?? crypto.randomUUID(),
        functionArn: `${this.spec.arn}:$LATEST`,
        condition,
        approximateInvokeCount: attempts,
      },
      requestPayload: event,
      ...(result && {
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          functionError: result.functionError ?? 'Unhandled',
        },
        responsePayload: result.payload,
      }),
    };
  }
}
