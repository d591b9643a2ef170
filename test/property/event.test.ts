// Whatever arrives is a notice with valid fields, or ignored with a reason of the list; nothing throws.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  INTERRUPTION_DETAIL_TYPE,
  REBALANCE_DETAIL_TYPES,
  RESERVATION_DETAIL_TYPES,
  TERMINATION_TIME,
} from '../../contract/events.ts';
import { ACTIONS, REBALANCE } from '../../contract/notices.ts';
import { type Parsed, parseEvent } from '../../lambda/domain/notice.ts';
import { ACCOUNT, NOTICE_MS, REGION, spotEvent } from '../lambda/events.ts';
import { holds, TIMEOUT } from './cases.ts';

const HOME = { account: ACCOUNT, region: REGION };
const NOW_MS = NOTICE_MS + 5_000;
const REASONS = [
  'not an object',
  'unknown source',
  'unknown detail-type',
  'foreign account',
  'foreign region',
  'malformed time',
  'time in the future',
  'malformed detail',
  'malformed instance-id',
  'unknown instance-action',
];

const rfc3339 = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const time = fc
  .integer({ min: NOTICE_MS - 3_600_000, max: NOTICE_MS + 3_600_000 })
  .chain((ms) => fc.constantFrom(rfc3339(ms), new Date(ms).toISOString()));
const instanceId = fc
  .constantFrom(8, 17)
  .chain((length) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length }),
  )
  .map((digits) => `i-${digits}`);
const detailType = fc.constantFrom(INTERRUPTION_DETAIL_TYPE, ...RESERVATION_DETAIL_TYPES);
const anyDetailType = fc.oneof(detailType, fc.constantFrom(...REBALANCE_DETAIL_TYPES));
const good = fc.record({ instanceId, time, action: fc.constantFrom(...ACTIONS), detailType, id: fc.uuid() });
const toEvent = (fields: typeof good extends fc.Arbitrary<infer Fields> ? Fields : never) =>
  spotEvent({
    id: fields.id,
    time: fields.time,
    'detail-type': fields.detailType,
    detail: { 'instance-id': fields.instanceId, 'instance-action': fields.action },
  });

/** What may stand where something sensible should: any JSON, near misses, what attackers send. */
const odd = fc.oneof(
  fc.jsonValue(),
  fc.constant(undefined),
  time,
  time.map((text) => text.replace('Z', '+00:00')),
  instanceId.map((id) => id.toUpperCase()),
  instanceId.map((id) => `${id}\n`),
  fc.constantFrom(
    '$(reboot)',
    '__proto__',
    '2026-02-30T00:00:00Z',
    '9999-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
  ),
);
const FIELDS = ['version', 'id', 'detail-type', 'source', 'account', 'time', 'region', 'resources', 'detail'];
const DETAILS = ['instance-id', 'instance-action', TERMINATION_TIME, 'spot', '__proto__'];
const mutated = fc
  .tuple(
    fc
      .tuple(good.map(toEvent), anyDetailType)
      .map(([event, kind]): typeof event => ({ ...event, 'detail-type': kind })),
    fc.dictionary(fc.constantFrom(...FIELDS), odd, { maxKeys: 2 }),
    fc.dictionary(fc.constantFrom(...DETAILS), odd, { maxKeys: 2 }),
  )
  .map(([event, fields, details]) => ({
    ...event,
    detail: { ...(event.detail as object), ...details },
    ...fields,
  }));

function isSound(parsed: Parsed): void {
  if (parsed.kind === 'ignored') {
    const { reason, got, eventId } = parsed.ignored;
    assert.ok(REASONS.includes(reason), reason);
    assert.match(got, /^[\x20-\x7e]{0,83}$/);
    assert.match(eventId ?? '-', /^[0-9A-Za-z-]{1,64}$/);
    return;
  }
  const { instanceId, action, noticeTime, noticeMs, deadline, eventId } = parsed.notice;
  assert.match(instanceId, /^i-[0-9a-f]{8}(?:[0-9a-f]{9})?$/);
  assert.ok([...ACTIONS, REBALANCE].includes(action), action);
  assert.equal(Date.parse(noticeTime), noticeMs);
  assert.ok(noticeMs <= NOW_MS + 300_000);
  assert.ok(Number.isInteger(deadline));
  assert.ok(deadline >= Math.floor(noticeMs / 1000));
  assert.ok(deadline <= noticeMs / 1000 + 3_600);
  assert.match(eventId ?? '-', /^[0-9A-Za-z-]{1,64}$/);
}

describe('an event', { timeout: TIMEOUT }, () => {
  it('that is any value at all is a sound notice or ignored', () => {
    holds(fc.property(fc.anything(), (event) => isSound(parseEvent(event, HOME, NOW_MS))));
  });

  it('that is a good one with fields changed is a sound notice or ignored', () => {
    holds(fc.property(mutated, (event) => isSound(parseEvent(event, HOME, NOW_MS))));
  });

  it('that is good is a notice whatever it names for an end', () => {
    holds(
      fc.property(good, odd, (fields, end) => {
        const event = toEvent(fields);
        const detail = { ...(event.detail as object), [TERMINATION_TIME]: end };
        const parsed = parseEvent({ ...event, detail }, HOME, Date.parse(fields.time));
        assert.equal(parsed.kind, 'notice');
        const noticeS = Date.parse(fields.time) / 1000;
        const deadline = parsed.kind === 'notice' ? parsed.notice.deadline : Number.NaN;
        assert.ok(deadline >= Math.floor(noticeS) && deadline <= noticeS + 3_600);
      }),
    );
  });

  it('that recommends to move is a notice of its own kind, whatever else it says', () => {
    holds(
      fc.property(good, fc.constantFrom(...REBALANCE_DETAIL_TYPES), odd, (fields, kind, action) => {
        const detail = { 'instance-id': fields.instanceId, 'instance-action': action };
        const event = { ...toEvent(fields), 'detail-type': kind, detail };
        const parsed = parseEvent(event, HOME, Date.parse(fields.time));
        const noticeS = Math.floor(Date.parse(fields.time) / 1000);
        const { instanceId, deadline } = parsed.kind === 'notice' ? parsed.notice : {};
        assert.deepEqual([instanceId, deadline], [fields.instanceId, noticeS + 600]);
        assert.equal(parsed.kind === 'notice' && parsed.notice.action, REBALANCE);
      }),
    );
  });

  it('that is good is a notice with its own fields, unless its time is in the future', () => {
    holds(
      fc.property(good, (fields) => {
        const parsed = parseEvent(toEvent(fields), HOME, NOW_MS);
        const noticeMs = Date.parse(fields.time);
        if (noticeMs > NOW_MS + 300_000) {
          assert.equal(parsed.kind === 'ignored' && parsed.ignored.reason, 'time in the future');
          return;
        }
        assert.deepEqual(parsed, {
          kind: 'notice',
          notice: {
            instanceId: fields.instanceId,
            action: fields.action,
            noticeTime: fields.time,
            noticeMs,
            deadline: Math.floor(noticeMs / 1000) + 120,
            eventId: fields.id,
          },
        });
      }),
    );
  });
});
