import { describe, expect, it } from 'vitest';
import { NOTICES_MAX_CHARS, NOTICES_PATTERN } from '../../../contract/document.ts';
import { SETTING_TAG_PREFIX, SETTINGS } from '../../../contract/tags.ts';
import { type Batch, batch, commandOf } from '../../../lambda/domain/command.ts';
import type { Guarded } from '../../../lambda/domain/decision.ts';
import type { Notice } from '../../../lambda/domain/notice.ts';
import { instanceIdOf, instanceOf, NOTICE_MS, noticeAt } from '../events.ts';

const DEFAULTS = { grace: '5' };

function guarded(index: number, tags: Record<string, string> = {}, changes: Partial<Notice> = {}): Guarded {
  const instanceId = instanceIdOf(index);
  return { notice: noticeAt(NOTICE_MS, { instanceId, ...changes }), instance: instanceOf(instanceId, tags) };
}

function decode(batched: Batch): unknown {
  return JSON.parse(Buffer.from(commandOf(batched, NOTICE_MS).notices, 'base64url').toString('utf8'));
}

function onlyBatch(all: readonly Guarded[]): Batch {
  const { batches, oversize } = batch(all, DEFAULTS);
  const [only] = batches;
  if (batches.length !== 1 || only === undefined) throw new Error(`${batches.length} batches`);
  expect(oversize).toEqual([]);
  return only;
}

describe('batch', () => {
  it('keeps instances with differing settings together', () => {
    const together = onlyBatch([guarded(1), guarded(2, { 'spot-guard:units': 'web' }, { action: 'stop' })]);
    const deadline = NOTICE_MS / 1000 + 120;
    expect(decode(together)).toEqual({
      [instanceIdOf(1)]: { deadline, action: 'terminate', settings: { grace: '5' } },
      [instanceIdOf(2)]: { deadline, action: 'stop', settings: { units: 'web', grace: '5' } },
    });
  });

  it.each([
    [0, []],
    [1, [1]],
    [50, [50]],
    [51, [50, 1]],
    [200, [50, 50, 50, 50]],
  ])('makes of %i instances the batches %j', (count, sizes) => {
    const all = Array.from({ length: count }, (_, index) => guarded(index));
    const { batches } = batch(all, DEFAULTS);
    expect(batches.map((each) => commandOf(each, NOTICE_MS).instanceIds.length)).toEqual(sizes);
    expect(batches.flatMap((each) => each.notices)).toEqual(all.map((each) => each.notice));
  });

  it('splits by size, and fills each batch as far as the parameter allows', () => {
    for (const length of [40, 199, 256]) {
      const all = Array.from({ length: 50 }, (_, index) =>
        guarded(index, { 'spot-guard:state': '漢'.repeat(length), 'spot-guard:units': '"'.repeat(length) }),
      );
      const { batches, oversize } = batch(all, DEFAULTS);
      const chars = batches.map((each) => commandOf(each, NOTICE_MS).notices.length);
      expect(oversize).toEqual([]);
      expect(batches.length).toBeGreaterThan(1);
      expect(Math.max(...chars)).toBeLessThanOrEqual(NOTICES_MAX_CHARS);
      const oneMore = Math.ceil((chars[0] ?? 0) * (1 + 1 / (batches[0]?.notices.length ?? 1)));
      expect(oneMore).toBeGreaterThan(NOTICES_MAX_CHARS - 10);
      expect(batches.flatMap((each) => each.notices)).toHaveLength(50);
    }
  });

  it('fills a parameter to its last character, and no further', () => {
    const padded = (chars: number) => [guarded(1, { 'spot-guard:state': 'x'.repeat(chars) }), guarded(2)];
    const bytes = (NOTICES_MAX_CHARS * 3) / 4;
    const room = bytes - JSON.stringify(onlyBatch(padded(0)).entries).length;
    expect(commandOf(onlyBatch(padded(room)), NOTICE_MS).notices).toHaveLength(NOTICES_MAX_CHARS);
    expect(batch(padded(room + 1), DEFAULTS).batches).toHaveLength(2);
  });

  it.each([
    ['an older one', -500],
    ['one of the same moment', 0],
    ['a later one', 60],
  ])('has an interruption hold over a recommendation: %s', (_name, seconds) => {
    const deadline = NOTICE_MS / 1000 + 600 + seconds;
    const recommendation = guarded(1, {}, { action: 'rebalance', deadline, eventId: 'a' });
    const interruption = guarded(1, {}, { eventId: 'b' });
    for (const both of [
      [recommendation, interruption],
      [interruption, recommendation],
    ]) {
      const once = onlyBatch(both);
      const [entries, instanceId] = [decode(once), instanceIdOf(1)];
      expect(entries).toEqual({ [instanceId]: expect.objectContaining({ action: 'terminate' }) });
      expect(entries).toMatchObject({ [instanceId]: { deadline: NOTICE_MS / 1000 + 120 } });
      expect(once.notices).toEqual(both.map(({ notice }) => notice));
    }
  });

  it('names an instance once, with the earlier deadline, and answers both its notices', () => {
    const later = guarded(1, {}, { deadline: NOTICE_MS / 1000 + 130, eventId: 'b' });
    const earlier = guarded(1, {}, { eventId: 'a' });
    const once = onlyBatch([later, earlier]);
    expect(commandOf(once, NOTICE_MS).instanceIds).toEqual([instanceIdOf(1)]);
    expect(decode(once)).toMatchObject({ [instanceIdOf(1)]: { deadline: NOTICE_MS / 1000 + 120 } });
    expect(once.notices.map((notice) => notice.eventId)).toEqual(['b', 'a']);
  });

  it('sets aside only what exceeds the parameter alone', () => {
    const control = Object.fromEntries(
      SETTINGS.map((name) => [SETTING_TAG_PREFIX + name, '\u0001'.repeat(256)]),
    );
    const { batches, oversize } = batch([guarded(1), guarded(2, control), guarded(3)], DEFAULTS);
    expect(oversize.map((notice) => notice.instanceId)).toEqual([instanceIdOf(2)]);
    expect(batches.map((each) => Object.keys(each.entries))).toEqual([[instanceIdOf(1), instanceIdOf(3)]]);
  });

  it('has room for eight tags of 256 characters of four bytes', () => {
    const full = Object.fromEntries(SETTINGS.map((name) => [SETTING_TAG_PREFIX + name, '😀'.repeat(256)]));
    expect(Object.values(onlyBatch([guarded(1, full)]).entries)).toHaveLength(1);
  });
});

describe('commandOf', () => {
  const one = onlyBatch([guarded(1, { 'spot-guard:state': '$(reboot) "\'` é漢😀 {{ x }} \u2028' })]);

  it('encodes hostile settings into the alphabet of base64url, and nothing is lost', () => {
    expect(commandOf(one, NOTICE_MS).notices).toMatch(new RegExp(NOTICES_PATTERN));
    expect(decode(one)).toMatchObject({
      [instanceIdOf(1)]: { settings: { state: '$(reboot) "\'` é漢😀 {{ x }} \u2028' } },
    });
  });

  it.each([
    [0, 120],
    [1, 120],
    [1_000, 119],
    [89_999, 31],
    [90_000, 30],
    [119_999, 30],
    [130_000, 30],
  ])('has SSM deliver, %i ms after the notice, for %i s', (afterMs, seconds) => {
    expect(commandOf(one, NOTICE_MS + afterMs).timeoutSeconds).toBe(seconds);
  });

  it('counts to the latest deadline of a batch', () => {
    const two = onlyBatch([guarded(1), guarded(2, {}, { deadline: NOTICE_MS / 1000 + 140 })]);
    expect(commandOf(two, NOTICE_MS).timeoutSeconds).toBe(140);
  });

  it.each([
    ['one notice', [guarded(1)], 'spot-guard: event 1e5527d7-bb36-4607-3370-4164db56a40e'],
    [
      'the longest event id',
      [guarded(1, {}, { eventId: 'x'.repeat(64) })],
      `spot-guard: event ${'x'.repeat(64)}`,
    ],
    ['an unnamed event', [guarded(1, {}, { eventId: undefined })], 'spot-guard'],
    ['several notices', [guarded(1), guarded(2)], 'spot-guard: 2 notices'],
  ])('comments on %s within 100 characters', (_name, all, comment) => {
    expect(commandOf(onlyBatch(all), NOTICE_MS).comment).toBe(comment);
    expect(comment.length).toBeLessThanOrEqual(100);
  });
});
