// The Region's time. While the machine lives it is the real one; after that the rehearsal skips what nobody needs to wait
// for. Each function's process reads from a file how far it is ahead: it finds the same time.
import { writeFileSync } from 'node:fs';

export class Clock {
  /** For REHEARSAL_CLOCK: what clock.mjs reads. */
  readonly file: string;
  #aheadMs = 0;

  constructor(file: string) {
    this.file = file;
    writeFileSync(file, '0');
  }

  /** Epoch milliseconds. */
  readonly now = (): number => Date.now() + this.#aheadMs;

  /** Never back. */
  skipTo(ms: number): void {
    this.#aheadMs = Math.max(this.#aheadMs, Math.ceil(ms - Date.now()));
    writeFileSync(this.file, String(this.#aheadMs));
  }
}
