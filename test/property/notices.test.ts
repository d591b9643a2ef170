// `Notices`: each guarded instance is in one command, with its own entry, and no command is larger than SSM takes.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  COMMAND_MAX_INSTANCES,
  COMMAND_MIN_TIMEOUT_SECONDS,
  NOTICES_MAX_CHARS,
  NOTICES_PATTERN,
} from '../../contract/document.ts';
import { ACTIONS, type NoticeEntry, REBALANCE } from '../../contract/notices.ts';
import { SETTINGS } from '../../contract/tags.ts';
import { batch, commandOf } from '../../lambda/domain/command.ts';
import type { Guarded } from '../../lambda/domain/decision.ts';
import { settingsOf } from '../../lambda/domain/settings.ts';
import { instanceIdOf, instanceOf, NOTICE_MS, noticeAt } from '../lambda/events.ts';
import { holds, TIMEOUT } from './cases.ts';

const DEFAULTS = { grace: '5', 'drain-until': '45' };

const value = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  // Tags hold 256 characters, which JSON can make six times as long.
  {
    weight: 3,
    arbitrary: fc.string({ unit: fc.constantFrom('\u0001', '"', 'é', '😀'), minLength: 200, maxLength: 256 }),
  },
  // No tag is this long; the code must not rest on it.
  { weight: 1, arbitrary: fc.integer({ min: 9_000, max: 13_000 }).map((length) => 'x'.repeat(length)) },
);
const tags = fc.dictionary(
  fc.constantFrom(...SETTINGS.map((setting) => `spot-guard:${setting}`), 'Name'),
  value,
  { maxKeys: 4 },
);
const arrival = fc.record({
  index: fc.nat(110),
  sentMs: fc.integer({ min: NOTICE_MS - 100_000, max: NOTICE_MS }),
  action: fc.constantFrom(...ACTIONS, REBALANCE),
});
/** Few enough ids that some come twice; in some fleets more than a command takes. */
const arrivals = fc.oneof(
  { weight: 9, arbitrary: fc.array(arrival, { maxLength: 10 }) },
  { weight: 1, arbitrary: fc.array(arrival, { minLength: 50, maxLength: 120 }) },
);
const fleet = fc.tuple(fc.array(tags, { minLength: 1, maxLength: 6 }), arrivals).map(([kinds, notices]) =>
  notices.map(({ index, sentMs, action }, position): Guarded => {
    const instanceId = instanceIdOf(index);
    const notice = noticeAt(sentMs, { instanceId, action, eventId: `event-${position}` });
    const own = { ...kinds[index % kinds.length], 'spot-guard:workload': `w-${index}` };
    return { notice, instance: instanceOf(instanceId, own) };
  }),
);

/** Of each instance, the notice that holds: interruptions first, then the earliest deadline, the first of equals. */
function holding(guarded: readonly Guarded[]): Map<string, Guarded> {
  const found = new Map<string, Guarded>();
  for (const each of guarded) {
    const other = found.get(each.notice.instanceId);
    const rank = ({ notice: { action, deadline } }: Guarded) => (action === REBALANCE ? 1e12 : 0) + deadline;
    if (other === undefined || rank(each) < rank(other)) found.set(each.notice.instanceId, each);
  }
  return found;
}

const byId = ([a]: [string, NoticeEntry], [b]: [string, NoticeEntry]): number => (a < b ? -1 : 1);

describe('the commands for a fleet', { timeout: TIMEOUT }, () => {
  it('give each guarded instance its own deadline, action and settings, once', () => {
    holds(
      fc.property(fleet, (guarded) => {
        const { batches, oversize } = batch(guarded, DEFAULTS);
        const sent: [string, NoticeEntry][] = [];
        for (const each of batches) {
          const { instanceIds, notices } = commandOf(each, NOTICE_MS);
          const entries: Record<string, NoticeEntry> = JSON.parse(
            Buffer.from(notices, 'base64url').toString('utf8'),
          );
          assert.deepEqual(Object.keys(entries), instanceIds);
          sent.push(...Object.entries(entries));
        }
        const left = new Set(oversize.map((notice) => notice.instanceId));
        const expected = [...holding(guarded).values()]
          .filter(({ notice }) => !left.has(notice.instanceId))
          .map(({ notice: { instanceId, deadline, action }, instance }) => {
            const settings = { ...settingsOf(instance.tags, DEFAULTS) };
            return [instanceId, { deadline, action, settings }] as [string, NoticeEntry];
          });
        assert.deepEqual(sent.sort(byId), expected.sort(byId));
        assert.deepEqual(
          [...batches.flatMap((each) => each.notices), ...oversize].map(({ eventId }) => eventId).sort(),
          guarded.map(({ notice }) => notice.eventId).sort(),
        );
      }),
    );
  });

  it('leave out only what no command can carry', () => {
    holds(
      fc.property(fleet, (guarded) => {
        for (const { instanceId } of batch(guarded, DEFAULTS).oversize) {
          const own = holding(guarded).get(instanceId);
          const settings = settingsOf(own?.instance.tags ?? new Map(), DEFAULTS);
          assert.ok(Buffer.byteLength(JSON.stringify(settings)) * (4 / 3) > NOTICES_MAX_CHARS - 200);
        }
      }),
    );
  });

  it('keep the bounds of SendCommand and of the document', () => {
    holds(
      fc.property(fleet, fc.integer({ min: -200_000, max: 200_000 }), (guarded, sinceMs) => {
        const nowMs = NOTICE_MS + sinceMs;
        for (const each of batch(guarded, DEFAULTS).batches) {
          const { instanceIds, notices, timeoutSeconds, comment } = commandOf(each, nowMs);
          assert.ok(instanceIds.length > 0 && instanceIds.length <= COMMAND_MAX_INSTANCES);
          assert.ok(notices.length <= NOTICES_MAX_CHARS);
          assert.match(notices, new RegExp(NOTICES_PATTERN));
          assert.ok(comment.length <= 100);
          const secondsLeft = Math.max(...each.notices.map(({ deadline }) => deadline)) - nowMs / 1000;
          const least = Math.max(COMMAND_MIN_TIMEOUT_SECONDS, secondsLeft);
          assert.ok(
            Number.isInteger(timeoutSeconds) && timeoutSeconds >= least && timeoutSeconds < least + 1,
          );
        }
      }),
    );
  });
});
