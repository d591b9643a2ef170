// A token bucket in virtual time, as AWS describes its own. Others take a share of what flows in, and of what it holds.
import type { Rate } from './parameters.ts';

export class Bucket {
  readonly #capacity: number;
  readonly #perMs: number;
  readonly #now: () => number;
  #tokens: number;
  #atMs: number;

  /** `taken`: from 0 to 1. */
  constructor({ capacity, perSecond }: Rate, taken: number, now: () => number) {
    this.#capacity = Math.max(1, capacity * (1 - taken));
    this.#perMs = (perSecond * (1 - taken)) / 1000;
    this.#now = now;
    this.#tokens = this.#capacity;
    this.#atMs = now();
  }

  /** False: throttled. */
  take(): boolean {
    const nowMs = this.#now();
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
