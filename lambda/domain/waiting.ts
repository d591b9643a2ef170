// A message of the overflow queue: what it holds, and what becomes of it once it has been answered.
import { WINDOW_SECONDS } from '../../contract/notices.ts';
import type { AnsweredNotice } from './answered.ts';
import { isLate } from './decision.ts';
import { readObject } from './json.ts';
import { type Home, type Ignored, type Notice, parseEvent } from './notice.ts';

/** As it was received. */
export interface Waiting {
  readonly id: string;
  readonly body: string;
  /** By which it is deleted, or put off. */
  readonly receiptHandle: string;
  /** How often it has been received, this time included. */
  readonly receives: number;
}

/** What nobody tries any more. */
export interface DeadLetter {
  readonly message: Waiting;
  readonly reason: string;
  /** Absent where it holds none. */
  readonly notice: Notice | undefined;
}

/** `expired`: it was tried in time, and its deadline has passed since. One that is seen first after it is `late`. */
export type Opened =
  | { readonly kind: 'inTime' | 'expired'; readonly notice: Notice }
  | { readonly kind: 'ignored'; readonly ignored: Ignored }
  | { readonly kind: 'poison'; readonly reason: 'MalformedBody' };

/** Seconds to the next try of an interruption: after the first, and at most. A bucket needs some to fill again. */
const FIRST_SECONDS = 2;
const LAST_SECONDS = 5;
/** Before the last two minutes there is less of a hurry: a recommendation has ten, a Capacity Reservation up to an hour. */
const SHARE_OF_THE_TIME_BEFORE = 16;

/** The beginning of a reason: a fault of ours. */
export const FAULT = 'Fault';
const TOO_LARGE = 'SettingsTooLarge';

/** The rule leaves the bare event, the function's failure destination a record around it. Total. */
export function open(
  { body, receives }: Waiting,
  home: Pick<Home, 'account' | 'region'>,
  nowMs: number,
): Opened {
  const said = readObject(body);
  if (typeof said === 'string') return { kind: 'poison', reason: 'MalformedBody' };
  const parsed = parseEvent('requestPayload' in said ? said.requestPayload : said, home, nowMs);
  if (parsed.kind === 'ignored') return parsed;
  // The record of an event that only grew too old has no answer of the function's.
  const wasTried = receives > 1 || 'responsePayload' in said;
  return { kind: wasTried && isLate(parsed.notice, nowMs) ? 'expired' : 'inTime', notice: parsed.notice };
}

/** Whole seconds. What failed together comes back together: that makes full commands. */
export function waitSeconds({ deadline }: Pick<Notice, 'deadline'>, receives: number, nowMs: number): number {
  const before = deadline - nowMs / 1000 - WINDOW_SECONDS;
  return Math.max(
    Math.min(FIRST_SECONDS + receives - 1, LAST_SECONDS),
    Math.floor(before / SHARE_OF_THE_TIME_BEFORE),
  );
}

/** The clock ends the tries, not their count; but not of what can never work. */
export function isTriedAgain(answered: AnsweredNotice, receives: number, nowMs: number): boolean {
  if (answered.phase !== 'notSent') return false;
  if (answered.reason === TOO_LARGE || answered.reason.startsWith(FAULT)) return false;
  const { notice } = answered;
  return nowMs / 1000 + waitSeconds(notice, receives, nowMs) < notice.deadline;
}
