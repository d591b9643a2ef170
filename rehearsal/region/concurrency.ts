// How many calls at once Lambda runs for the account. Beyond that an event waits and is tried again.
export class Concurrency {
  readonly #limit: number;
  #inUse = 0;
  #most = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The most there were. */
  get most(): number {
    return this.#most;
  }

  enter(): boolean {
    if (this.#inUse >= this.#limit) return false;
    this.#inUse += 1;
    this.#most = Math.max(this.#most, this.#inUse);
    return true;
  }

  leave(): void {
    this.#inUse -= 1;
  }
}
