// How a fleet action can end for an instance.
import type { CallFailed } from '../ports.ts';

/** `again`: it may work another time. `skipped`: there is nothing to do, or not for SpotGuard. */
export type Ended =
  /** Names of what it is out of now. */
  | { readonly kind: 'done'; readonly groups: readonly string[] }
  | { readonly kind: 'skipped' | 'failed' | 'again'; readonly reason: string };

export function endOf({ isTransient, reason }: CallFailed): Ended {
  return { kind: isTransient ? 'again' : 'failed', reason };
}

/** Of an instance in several groups: what still has to be done counts for more than what is done. */
const RANKS: Readonly<Record<Ended['kind'], number>> = { skipped: 0, done: 1, failed: 2, again: 3 };

export function both(one: Ended, other: Ended): Ended {
  if (one.kind === 'done' && other.kind === 'done') {
    return { kind: 'done', groups: [...one.groups, ...other.groups] };
  }
  return RANKS[other.kind] > RANKS[one.kind] ? other : one;
}
