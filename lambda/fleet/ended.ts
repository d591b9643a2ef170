// How a fleet action can end for an instance.
import type { CallFailed } from '../ports.ts';

/** `again`: it may work another time. `skipped`: there is nothing to do, or not for SpotGuard. */
export type Ended =
  | { readonly kind: 'done' }
  | { readonly kind: 'skipped' | 'failed' | 'again'; readonly reason: string };

export function endOf({ isTransient, reason }: CallFailed): Ended {
  return { kind: isTransient ? 'again' : 'failed', reason };
}

/** Of an instance in several groups: what still has to be done counts for more than what is done. */
const RANKS: Readonly<Record<Ended['kind'], number>> = { skipped: 0, done: 1, failed: 2, again: 3 };

export function worse(one: Ended, other: Ended): Ended {
  return RANKS[other.kind] > RANKS[one.kind] ? other : one;
}
