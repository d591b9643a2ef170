// From EventBridge's event to a notice. Whatever arrives gives an answer; nothing throws.
import {
  EVENT_SOURCE,
  INTERRUPTION_DETAIL_TYPE,
  REBALANCE_DETAIL_TYPES,
  RESERVATION_DETAIL_TYPES,
  TERMINATION_TIME,
} from '../../contract/events.ts';
import {
  ACTIONS,
  type NoticeEntry,
  REBALANCE,
  REBALANCE_SECONDS,
  WINDOW_SECONDS,
} from '../../contract/notices.ts';

/** EC2's word that an instance will be interrupted, or its recommendation to move before it is. */
export interface Notice {
  readonly instanceId: string;
  readonly action: NoticeEntry['action'];
  /** As EC2 wrote it. */
  readonly noticeTime: string;
  /** Epoch milliseconds. */
  readonly noticeMs: number;
  /** Epoch seconds, whole. */
  readonly deadline: number;
  /** Absent where the event had none that is fit to repeat. */
  readonly eventId: string | undefined;
}

/** Why an event is no notice. Few and constant, so that they can be counted. */
export type IgnoredReason =
  | 'not an object'
  | 'unknown source'
  | 'unknown detail-type'
  | 'foreign account'
  | 'foreign region'
  | 'malformed time'
  | 'time in the future'
  | 'malformed detail'
  | 'malformed instance-id'
  | 'unknown instance-action';

export interface Ignored {
  readonly phase: 'ignored';
  readonly reason: IgnoredReason;
  /** The field at fault, cut and made printable. */
  readonly got: string;
  /** Absent where the event had none that is fit to repeat. */
  readonly eventId: string | undefined;
}

export type Parsed =
  | { readonly kind: 'notice'; readonly notice: Notice }
  | { readonly kind: 'ignored'; readonly ignored: Ignored };

/** Where the function runs. Events of elsewhere are not for it, even if a bus policy lets them in. */
export interface Home {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

export const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
const EVENT_ID = /^[0-9A-Za-z-]{1,64}$/;
const UTC_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z$/;
const FUNCTION_ARN = /^arn:([a-z0-9-]+):lambda:([a-z0-9-]+):(\d{12}):function:/;

/** Milliseconds that EC2's clock may be ahead of ours. */
const CLOCK_SKEW_MS = 300_000;
/** Milliseconds. EC2 says two minutes; an end that is further away than an hour is not this warning's. */
export const LONGEST_LEAD_MS = 3_600_000;
const EXCERPT_CHARS = 80;

/** @throws Error if `functionArn` (Lambda's `invokedFunctionArn`, with or without a qualifier) is no function's ARN. */
export function homeOf(functionArn: string): Home {
  const [, partition, region, account] = FUNCTION_ARN.exec(functionArn) ?? [];
  if (partition === undefined || region === undefined || account === undefined) {
    throw new Error(
      `invoked function ARN not understood: got ${excerpt(functionArn)}, allowed arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME`,
    );
  }
  return { partition, account, region };
}

/** `resources` is left alone: EC2 puts the zone where an ARN has the Region, and no account. */
export function parseEvent(event: unknown, home: Pick<Home, 'account' | 'region'>, nowMs: number): Parsed {
  if (!isRecord(event)) return ignored('not an object', event, undefined);
  const eventId = typeof event.id === 'string' && EVENT_ID.test(event.id) ? event.id : undefined;
  if (event.source !== EVENT_SOURCE) return ignored('unknown source', event.source, eventId);
  const detailType = event['detail-type'];
  const ofReservation = RESERVATION_DETAIL_TYPES.some((known) => known === detailType);
  const recommends = REBALANCE_DETAIL_TYPES.some((known) => known === detailType);
  if (detailType !== INTERRUPTION_DETAIL_TYPE && !ofReservation && !recommends) {
    return ignored('unknown detail-type', detailType, eventId);
  }
  if (event.account !== home.account) return ignored('foreign account', event.account, eventId);
  if (event.region !== home.region) return ignored('foreign region', event.region, eventId);
  const { time, detail } = event;
  const noticeMs = epochMs(time);
  if (typeof time !== 'string' || noticeMs === undefined) return ignored('malformed time', time, eventId);
  if (noticeMs > nowMs + CLOCK_SKEW_MS) return ignored('time in the future', time, eventId);
  if (!isRecord(detail)) return ignored('malformed detail', detail, eventId);
  const instanceId = detail['instance-id'];
  if (typeof instanceId !== 'string' || !INSTANCE_ID.test(instanceId)) {
    return ignored('malformed instance-id', instanceId, eventId);
  }
  if (recommends) {
    const deadline = Math.floor(noticeMs / 1000) + REBALANCE_SECONDS;
    const notice = { instanceId, action: REBALANCE, noticeTime: time, noticeMs, deadline, eventId } as const;
    return { kind: 'notice', notice };
  }
  const action = ACTIONS.find((known) => known === detail['instance-action']);
  if (action === undefined) return ignored('unknown instance-action', detail['instance-action'], eventId);
  const deadline = deadlineOf(noticeMs, ofReservation ? detail[TERMINATION_TIME] : undefined);
  return { kind: 'notice', notice: { instanceId, action, noticeTime: time, noticeMs, deadline, eventId } };
}

/**
 * The exact end where the event names one that makes sense. Where it names none, or one that is malformed or absurd,
 * two minutes on: a warning that is lost is worse than an inexact deadline. The log's `secondsLeft` shows what it became.
 */
function deadlineOf(noticeMs: number, terminationTime: unknown): number {
  const endMs = epochMs(terminationTime);
  const makesSense = endMs !== undefined && endMs >= noticeMs && endMs <= noticeMs + LONGEST_LEAD_MS;
  return makesSense ? Math.floor(endMs / 1000) : Math.floor(noticeMs / 1000) + WINDOW_SECONDS;
}

function ignored(reason: IgnoredReason, got: unknown, eventId: string | undefined): Parsed {
  return { kind: 'ignored', ignored: { phase: 'ignored', reason, got: excerpt(got), eventId } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined for what is no RFC 3339 time in UTC, dates that no calendar has included. */
export function epochMs(time: unknown): number | undefined {
  const toSeconds = typeof time === 'string' && time.length <= 30 ? UTC_TIME.exec(time)?.[1] : undefined;
  if (typeof time !== 'string' || toSeconds === undefined) return undefined;
  const ms = Date.parse(time);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(toSeconds) ? ms : undefined;
}

/** Strings are shown in part and in printable ASCII, everything else by its kind alone. */
function excerpt(value: unknown): string {
  if (typeof value === 'string') {
    const shown = value.slice(0, EXCERPT_CHARS).replace(/[^\x20-\x7e]/g, '?');
    return value.length > EXCERPT_CHARS ? `${shown}...` : shown;
  }
  if (Array.isArray(value)) return 'an array';
  return value === null ? 'null' : typeof value;
}
