// When a call that failed is tried again. The clock ends the tries, not their count.

/** Milliseconds. The first delay; it doubles, jittered, up to the last: SendCommand's bucket refills within seconds. */
const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 2_000;

/** Milliseconds that a last attempt needs to be worth its call. */
const LEAST_ATTEMPT_MS = 500;

/** Milliseconds, of the whole of an answer: within AWS it takes a tenth, and one that hangs must leave time for another. */
export const LONGEST_ATTEMPT_MS = 3_000;

/**
 * Milliseconds to wait before the next attempt; undefined where there is no time for one.
 *
 * @param failed how many attempts have failed, from 1 on
 * @param leftMs until the call must have its answer
 * @param random from 0 to 1
 */
export function waitBeforeNext(failed: number, leftMs: number, random: number): number | undefined {
  const spareMs = leftMs - LEAST_ATTEMPT_MS;
  if (spareMs <= 0) return undefined;
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (failed - 1), LAST_DELAY_MS);
  return Math.min(delayMs * (1 + random), LAST_DELAY_MS, spareMs);
}
