// From guarded instances to commands: as few as the limits of SendCommand allow.
import {
  COMMAND_MAX_INSTANCES,
  COMMAND_MIN_TIMEOUT_SECONDS,
  NOTICES_MAX_CHARS,
} from '../../contract/document.ts';
import { type NoticeEntry, type Notices, REBALANCE } from '../../contract/notices.ts';
import type { Settings } from '../../contract/tags.ts';
import type { Guarded } from './decision.ts';
import type { Notice } from './notice.ts';
import { settingsOf } from './settings.ts';

/** What SendCommand is asked for, but for the document's name. */
export interface Command {
  readonly instanceIds: readonly string[];
  /** The value of the document's parameter. */
  readonly notices: string;
  /** SSM stops delivering after so many seconds. A late delivery is still useful: the instance judges it. */
  readonly timeoutSeconds: number;
  readonly comment: string;
}

/** The instances of one command, each once, and all the notices that it answers. */
export interface Batch {
  readonly entries: Notices;
  readonly notices: readonly Notice[];
}

export interface Batched {
  readonly batches: readonly Batch[];
  /** Their settings exceed the parameter even alone. */
  readonly oversize: readonly Notice[];
}

/** Size can split a batch, differing settings never do. */
export function batch(guarded: readonly Guarded[], defaults: Settings): Batched {
  const batches: Batch[] = [];
  const oversize: Notice[] = [];
  let open: { entries: Record<string, NoticeEntry>; notices: Notice[] } | undefined;
  let instances = 0;
  let bytes = 0;
  for (const [instanceId, group] of byInstance(guarded)) {
    const entry = entryOf(group, defaults);
    const notices = group.map((each) => each.notice);
    // Its braces gone, a comma added: a batch's JSON is the sum of these and one byte more.
    const added = Buffer.byteLength(JSON.stringify({ [instanceId]: entry })) - 1;
    if (!fits(added)) {
      oversize.push(...notices);
      continue;
    }
    if (open === undefined || instances === COMMAND_MAX_INSTANCES || !fits(bytes + added)) {
      open = { entries: {}, notices: [] };
      batches.push(open);
      [instances, bytes] = [0, 0];
    }
    open.entries[instanceId] = entry;
    open.notices.push(...notices);
    instances += 1;
    bytes += added;
  }
  return { batches, oversize };
}

export function commandOf({ entries, notices }: Batch, nowMs: number): Command {
  const secondsLeft = Math.ceil(latestDeadline(notices) - nowMs / 1000);
  return {
    instanceIds: Object.keys(entries),
    notices: Buffer.from(JSON.stringify(entries)).toString('base64url'),
    timeoutSeconds: Math.max(COMMAND_MIN_TIMEOUT_SECONDS, secondsLeft),
    comment: commentOf(notices),
  };
}

/** Epoch seconds. */
export function latestDeadline(notices: readonly Notice[]): number {
  return Math.max(...notices.map((notice) => notice.deadline));
}

/** EventBridge can deliver twice, and EC2 recommends before it warns: an instance can have several notices here. */
function byInstance(guarded: readonly Guarded[]): Map<string, [Guarded, ...Guarded[]]> {
  const groups = new Map<string, [Guarded, ...Guarded[]]>();
  for (const each of guarded) {
    const group = groups.get(each.notice.instanceId);
    if (group === undefined) groups.set(each.notice.instanceId, [each]);
    else group.push(each);
  }
  return groups;
}

/** An interruption holds over a recommendation, whose deadline is none of EC2's; then the earlier deadline holds. */
function entryOf([first, ...others]: [Guarded, ...Guarded[]], defaults: Settings): NoticeEntry {
  const { notice, instance } = others.reduce(
    (holding, each) => (precedes(each.notice, holding.notice) ? each : holding),
    first,
  );
  const { deadline, action } = notice;
  return { deadline, action, settings: settingsOf(instance.tags, defaults) };
}

function precedes(one: Notice, other: Notice): boolean {
  const recommends = one.action === REBALANCE;
  if (recommends !== (other.action === REBALANCE)) return !recommends;
  return one.deadline < other.deadline;
}

/** SSM gives it back with each invocation; 100 characters at most. */
function commentOf(notices: readonly Notice[]): string {
  const [first] = notices;
  if (notices.length > 1) return `spot-guard: ${notices.length} notices`;
  return first?.eventId === undefined ? 'spot-guard' : `spot-guard: event ${first.eventId}`;
}

/** base64url makes 4 characters of 3 bytes, without padding. */
function fits(bytes: number): boolean {
  return Math.ceil(((bytes + 1) * 4) / 3) <= NOTICES_MAX_CHARS;
}
