// Lambda in virtual time: concurrency of the account, environments that start cold, and events that are tried again.
import { Bucket } from './bucket.ts';
import type { Chance } from './chance.ts';
import { LAMBDA, LATENCIES } from './parameters.ts';
import type { VirtualTime } from './time.ts';

/** What all functions of the account share. */
export class Concurrency {
  readonly #limit: number;
  #inUse = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  enter(): boolean {
    if (this.#inUse >= this.#limit) return false;
    this.#inUse += 1;
    return true;
  }

  leave(): void {
    this.#inUse -= 1;
  }
}

export type Ended = 'done' | 'failed' | 'throttled';

export interface AsyncConfig {
  readonly retries: number;
  readonly maxAgeMs: number;
}

export class LambdaFunction {
  invocations = 0;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #concurrency: Concurrency;
  readonly #newEnvironments: Bucket;
  #idle = 0;

  constructor(time: VirtualTime, chance: Chance, concurrency: Concurrency) {
    const { newEnvironmentsPer10s: most } = LAMBDA;
    this.#time = time;
    this.#chance = chance;
    this.#concurrency = concurrency;
    this.#newEnvironments = new Bucket({ capacity: most, perSecond: most / 10 }, 0, time.now);
  }

  /** `work`: true where the function ends well. It begins when its environment has started. */
  async invoke(work: () => Promise<boolean>): Promise<Ended> {
    if (!this.#concurrency.enter()) return 'throttled';
    try {
      if (this.#idle > 0) this.#idle -= 1;
      else if (!this.#newEnvironments.take()) return 'throttled';
      else await this.#time.sleep(this.#chance.latency(LATENCIES.coldStart));
      this.invocations += 1;
      const isDone = await work();
      this.#idle += 1;
      return isDone ? 'done' : 'failed';
    } finally {
      this.#concurrency.leave();
    }
  }

  /** As EventBridge invokes it. Resolves when Lambda gives the event up, or is done with it. */
  async invokeAsync(
    work: () => Promise<boolean>,
    { retries, maxAgeMs }: AsyncConfig,
  ): Promise<'done' | 'RetriesExhausted' | 'EventAgeExceeded'> {
    const receivedMs = this.#time.now();
    let backOffMs: number = LAMBDA.firstBackOffMs;
    let failures = 0;
    await this.#time.sleep(this.#chance.latency(LATENCIES.invocation));
    for (;;) {
      const ended = await this.invoke(work);
      if (ended === 'done') return 'done';
      let waitMs: number;
      if (ended === 'throttled') {
        waitMs = backOffMs * (0.5 + this.#chance.uniform());
        backOffMs = Math.min(2 * backOffMs, LAMBDA.lastBackOffMs);
      } else {
        failures += 1;
        if (failures > retries) return 'RetriesExhausted';
        waitMs = LAMBDA.retryMs[failures - 1] ?? 0;
      }
      const leftMs = receivedMs + maxAgeMs - this.#time.now();
      await this.#time.sleep(Math.min(waitMs, Math.max(leftMs, 0)));
      if (waitMs >= leftMs) return 'EventAgeExceeded';
    }
  }
}
