// The event of a rehearsal: made, or recorded and moved in time.
import {
  EVENT_SOURCE,
  INTERRUPTION_DETAIL_TYPE,
  REBALANCE_DETAIL_TYPES,
  TERMINATION_TIME,
} from '../contract/events.ts';
import { type Action, REBALANCE_SECONDS, WINDOW_SECONDS } from '../contract/notices.ts';
import { type Place, partitionOf } from './template/resolve.ts';
import { isObject, type Json, type JsonObject } from './template/template.ts';

/** Of the events that are made here. */
export const INSTANCE_ID = 'i-0b662ef9931388ba0';
const FALLBACK = { account: '123456789012', region: 'us-east-1', instanceId: INSTANCE_ID };

/** As EC2 words it: the zone where the ARN has the Region, and no account. */
export function interruption(action: Action): JsonObject {
  const { account, region, instanceId } = FALLBACK;
  return {
    version: '0',
    id: crypto.randomUUID(),
    'detail-type': INTERRUPTION_DETAIL_TYPE,
    source: EVENT_SOURCE,
    account,
    time: '',
    region,
    resources: [`arn:aws:ec2:${region}b:instance/${instanceId}`],
    detail: { 'instance-id': instanceId, 'instance-action': action },
  };
}

/** The event with more, or other, fields of its detail. */
export function withDetail(event: JsonObject, more: { readonly [key: string]: Json }): JsonObject {
  return { ...event, detail: { ...(isObject(event.detail) ? event.detail : {}), ...more } };
}

/** Where the local Region is. What the event does not say properly is filled in. */
export function placeOf(event: Json): Place {
  const { account, region } = isObject(event) ? event : {};
  const validRegion =
    typeof region === 'string' && /^[a-z]{2}(-[a-z]+)+-\d$/.test(region) ? region : FALLBACK.region;
  const validAccount = typeof account === 'string' && /^\d{12}$/.test(account) ? account : FALLBACK.account;
  return { account: validAccount, region: validRegion, stackName: 'SpotGuard', ...partitionOf(validRegion) };
}

export function instanceIdOf(event: Json): string {
  const detail = isObject(event) ? event.detail : undefined;
  const id = isObject(detail) ? detail['instance-id'] : undefined;
  return typeof id === 'string' && /^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id) ? id : FALLBACK.instanceId;
}

/** Whether it is of a Spot instance's end: EC2 then ends its Spot request. Other kinds of events leave that alone. */
export function isOnSpot(event: Json): boolean {
  const type = isObject(event) ? event['detail-type'] : undefined;
  return type === INTERRUPTION_DETAIL_TYPE;
}

/** What EC2 will do; of an event that does not say it, what it does to most. */
export function actionOf(event: Json): string {
  const detail = isObject(event) ? event.detail : undefined;
  const action = isObject(detail) ? detail['instance-action'] : undefined;
  return typeof action === 'string' ? action : 'terminate';
}

/**
 * Moves `time` so that the deadline is `windowSeconds` (and less than one more) away, and the time of the end with it
 * where the event names one. A time that is none stays as it is.
 */
export function moveTo(event: Json, windowSeconds: number, nowMs: number): Json {
  if (!isObject(event)) return event;
  const { time, detail } = event;
  if (time !== '' && Number.isNaN(epochMsOf(time))) return event;
  const deadline = Math.ceil(nowMs / 1000) + windowSeconds;
  const leadSeconds = Math.floor((endMsOf(event) - epochMsOf(time)) / 1000);
  if (Number.isNaN(leadSeconds)) return { ...event, time: rfc3339(deadline - windowOf(event)) };
  return {
    ...event,
    time: rfc3339(deadline - leadSeconds),
    detail: { ...(isObject(detail) ? detail : {}), [TERMINATION_TIME]: rfc3339(deadline) },
  };
}

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
const epochMsOf = (time: Json | undefined): number =>
  typeof time === 'string' ? Date.parse(time) : Number.NaN;

/** Seconds from the event's time to the deadline, where the event does not name that. */
function windowOf(event: Json): number {
  const type = isObject(event) ? event['detail-type'] : undefined;
  return REBALANCE_DETAIL_TYPES.some((known) => known === type) ? REBALANCE_SECONDS : WINDOW_SECONDS;
}

/** Of an event that says when the instance ends; NaN for all others. */
function endMsOf({ detail }: JsonObject): number {
  return isObject(detail) ? epochMsOf(detail[TERMINATION_TIME]) : Number.NaN;
}

/** Epoch seconds, whole; where the event has no time that is `windowSeconds` from now. */
export function deadlineOf(event: Json, windowSeconds: number, nowMs: number): number {
  const [time, end] = isObject(event) ? [epochMsOf(event.time), endMsOf(event)] : [Number.NaN, Number.NaN];
  if (!Number.isNaN(end)) return Math.floor(end / 1000);
  return Number.isNaN(time)
    ? Math.ceil(nowMs / 1000) + windowSeconds
    : Math.floor(time / 1000) + windowOf(event);
}
