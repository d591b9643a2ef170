// Lambda's asynchronous side for one function: environments as needed, retries as the template configures them,
// and the record to the failure destination.
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../template/template.ts';
import { Environment, type FunctionSpec, type InvocationResult } from './lambda-environment.ts';

/** Lambda's waits before the second and the third attempt of an asynchronous event. */
const RETRY_DELAYS_MS = [60_000, 120_000];

export interface AsyncConfig {
  readonly maxRetries: number;
  readonly maxAgeMs: number;
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
  readonly responseContext: {
    readonly statusCode: 200;
    readonly executedVersion: string;
    readonly functionError: string;
  };
  readonly responsePayload: Json;
}

export class LambdaFunction {
  readonly spec: FunctionSpec;
  readonly #config: AsyncConfig;
  readonly #onLine: (line: string) => void;
  readonly #onFailure: (record: FailureRecord) => Promise<void>;
  readonly #idle: Environment[] = [];
  readonly #all: Environment[] = [];
  readonly #stop = new AbortController();

  constructor(
    spec: FunctionSpec,
    config: AsyncConfig,
    onLine: (line: string) => void,
    onFailure: (record: FailureRecord) => Promise<void>,
  ) {
    this.spec = spec;
    this.#config = config;
    this.#onLine = onLine;
    this.#onFailure = onFailure;
  }

  /** Resolves when the event is done with: handled, or recorded as failed. */
  async invokeAsync(event: Json): Promise<void> {
    const received = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#invoke(JSON.stringify(event));
      if (result.functionError === undefined || this.#stop.signal.aborted) return;
      const wait = RETRY_DELAYS_MS[attempt - 1] ?? 0;
      const tooOld = Date.now() + wait - received > this.#config.maxAgeMs;
      if (attempt > this.#config.maxRetries || tooOld) {
        const condition = attempt > this.#config.maxRetries ? 'RetriesExhausted' : 'EventAgeExceeded';
        await this.#onFailure(this.#record(event, result, condition, attempt));
        return;
      }
      await delay(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#all.map((environment) => environment.close()));
  }

  async #invoke(payload: string): Promise<InvocationResult> {
    let environment = this.#idle.pop();
    while (environment?.dead) environment = this.#idle.pop();
    if (!environment) {
      environment = await Environment.start(this.spec, this.#onLine);
      this.#all.push(environment);
    }
    const result = await environment.invoke(payload);
    if (!environment.dead) this.#idle.push(environment);
    return result;
  }

  #record(
    event: Json,
    { requestId, payload, functionError }: InvocationResult,
    condition: FailureRecord['requestContext']['condition'],
    attempts: number,
  ): FailureRecord {
    return {
      version: '1.0',
      timestamp: new Date().toISOString(),
      requestContext: {
        requestId,
        functionArn: `${this.spec.arn}:$LATEST`,
        condition,
        approximateInvokeCount: attempts,
      },
      requestPayload: event,
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        functionError: functionError ?? 'Unhandled',
      },
      responsePayload: payload,
    };
  }
}
