// A ticket: what `respond` or `coverage` leaves on the settlement queue for a notice, so that it gets its outcome.
import type { NoticeEntry } from './notices.ts';
import type { Settings } from './tags.ts';

export const TICKET_VERSION = 1;

/** Seconds after the deadline from which on a notice is settled. */
export const SETTLE_AFTER_SECONDS = 30;

/** Seconds after that: an instance that still runs is looked at again. */
export const ASK_AGAIN_SECONDS = 600;

/** Seconds from one look for interruptions without an outcome to the next. */
export const COVERAGE_EVERY_SECONDS = 300;

/** Seconds. Two notices of an instance that lie so near to each other are one. The guard says the same (runs.py). */
export const SAME_NOTICE_SECONDS = 180;

/** How the notice was left: by `respond`, in words of its log, or `lost` where no event or no ticket of it came. */
export const LEFT = ['commandSent', 'late', 'unreachable', 'notSent', 'lost'] as const;

export interface Ticket {
  readonly version: typeof TICKET_VERSION;
  readonly instanceId: string;
  readonly action: NoticeEntry['action'];
  /** As EC2 wrote it. Of a lost notice: when EC2 changed the status of the Spot request. */
  readonly noticeTime: string;
  /** Seconds by which a lost notice may have been earlier than `noticeTime`; absent where EC2 told the time. */
  readonly earlierSeconds?: number;
  /** Epoch seconds, whole. */
  readonly deadline: number;
  readonly left: (typeof LEFT)[number];
  readonly reason?: string;
  /** Whether the instance's tags said so. False where nobody had looked at them. */
  readonly guarded: boolean;
  readonly commandId?: string;
  /** The document that was sent. */
  readonly document?: string;
  /** Epoch milliseconds of SendCommand's answer. */
  readonly sentMs?: number;
  readonly eventId?: string;
  /** What was sent with the command. */
  readonly settings?: Settings;
}
