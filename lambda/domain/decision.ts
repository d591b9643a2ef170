// What becomes of a notice, by what is known when it is first seen.
import { REBALANCE } from '../../contract/notices.ts';
import {
  GUARD_TAG,
  GUARD_TAG_REMOVE,
  GUARD_TAG_VALUE,
  REBALANCE_SAVE,
  SETTING_TAG_PREFIX,
} from '../../contract/tags.ts';
import type { AnsweredNotice } from './answered.ts';
import type { Instance } from './instance.ts';
import type { Notice } from './notice.ts';

export interface Guarded {
  readonly notice: Notice;
  readonly instance: Instance;
}

const REBALANCE_TAG = `${SETTING_TAG_PREFIX}rebalance`;

export type Decision =
  | { readonly kind: 'send'; readonly guarded: Guarded }
  | { readonly kind: 'answered'; readonly answered: AnsweredNotice };

/** Total. `instance` is undefined where EC2 did not name it; for a late notice nobody needs to ask. */
export function decide(notice: Notice, instance: Instance | undefined, seenMs: number): Decision {
  if (isLate(notice, seenMs)) return answered({ phase: 'late', notice });
  // EC2's answers become consistent only in the end: worth another try, by whoever gets the event next.
  if (instance === undefined) return answered({ phase: 'notSent', notice, reason: 'InstanceNotFound' });
  const value = instance.tags.get(GUARD_TAG);
  if (value === undefined) return answered({ phase: 'unguarded', notice, reason: 'no tag' });
  if (value === GUARD_TAG_REMOVE) return answered({ phase: 'unguarded', notice, reason: 'tag says remove' });
  if (value !== GUARD_TAG_VALUE) return answered({ phase: 'unguarded', notice, reason: 'other tag value' });
  // Before the state: what nobody asked to be saved at a recommendation is not missed when it is gone.
  if (notice.action === REBALANCE) {
    const asked = instance.tags.get(REBALANCE_TAG);
    if (asked === undefined) return answered({ phase: 'declined', notice, reason: 'no rebalance tag' });
    if (asked !== REBALANCE_SAVE) {
      return answered({ phase: 'declined', notice, reason: 'other rebalance tag value' });
    }
  }
  // Its end has begun for another reason: no command can reach it, and no retry can change that.
  if (instance.state === 'shutting-down' || instance.state === 'terminated') {
    return answered({ phase: 'unreachable', notice, reason: instance.state });
  }
  return { kind: 'send', guarded: { notice, instance } };
}

export function isLate(notice: Notice, nowMs: number): boolean {
  return nowMs >= notice.deadline * 1000;
}

function answered(answered: AnsweredNotice): Decision {
  return { kind: 'answered', answered };
}
