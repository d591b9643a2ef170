// Virtual time: what sleeps is woken in order, and the clock jumps from one to the next. Nothing waits for real.
import TinyQueue from 'tinyqueue';

interface Sleeper {
  readonly atMs: number;
  readonly nth: number;
  readonly wake: () => void;
}

export class VirtualTime {
  #nowMs: number;
  #count = 0;
  readonly #sleepers = new TinyQueue<Sleeper>([], (a, b) => a.atMs - b.atMs || a.nth - b.nth);

  /** `startMs`: epoch milliseconds, whole. */
  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  /** Epoch milliseconds, whole. */
  readonly now = (): number => this.#nowMs;

  /** Whole milliseconds, one at least: equal moments come in the order in which they were asked for. */
  readonly sleep = (ms: number): Promise<void> =>
    new Promise((wake) => {
      this.#count += 1;
      this.#sleepers.push({ atMs: this.#nowMs + Math.max(1, Math.round(ms)), nth: this.#count, wake });
    });

  /** Resolves when everybody sleeps past that moment, or nobody sleeps any more. */
  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      await everybodyWaits();
      const next = this.#sleepers.peek();
      if (next === undefined || next.atMs > endMs) return;
      this.#nowMs = next.atMs;
      while (this.#sleepers.peek()?.atMs === this.#nowMs) this.#sleepers.pop()?.wake();
    }
  }
}

/** Node runs it when no promise is left to go on: all that is awake has gone as far as it can. */
const everybodyWaits = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
