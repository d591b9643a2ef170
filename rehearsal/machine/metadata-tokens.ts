// Who may ask the metadata service: its session tokens, and how often a second.
import { randomBytes } from 'node:crypto';

/** Seconds. */
const MAX_TTL = 21_600;
/** No sign, no blank, no fraction, no leading zero. */
const WHOLE = /^[1-9]\d{0,4}$/;

/** Undefined for what the service refuses as a time to live. */
export function readTtl(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string' || !WHOLE.test(header)) return undefined;
  const seconds = Number(header);
  return seconds <= MAX_TTL ? seconds : undefined;
}

export class Tokens {
  /** Each token's end, on a clock that nobody sets: a token does not outlive its time when the machine's clock jumps. */
  readonly #ends = new Map<string, number>();

  grant(ttlSeconds: number): string {
    // 56 characters with `-`, `_` and a tail of `=`: all that a client must carry unchanged in a header.
    const token = `${randomBytes(40).toString('base64url')}==`;
    this.#ends.set(token, performance.now() + ttlSeconds * 1000);
    return token;
  }

  /** Whole seconds that the token has left; undefined for one that is not good. */
  secondsLeft(token: string | string[] | undefined): number | undefined {
    const end = typeof token === 'string' ? this.#ends.get(token) : undefined;
    const left = (end ?? 0) - performance.now();
    return left > 0 ? Math.ceil(left / 1000) : undefined;
  }

  expire(): void {
    this.#ends.clear();
  }
}

/** A token bucket: full at first, one less with each request, refilled evenly. */
export class Throttle {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #filledAt = performance.now();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
  }

  /** False for a request that is one too many. */
  take(): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
