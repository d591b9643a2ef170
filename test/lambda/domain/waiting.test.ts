// What a message of the overflow queue holds, and how often it is tried.
import { describe, expect, it } from 'vitest';
import type { AnsweredNotice } from '../../../lambda/domain/answered.ts';
import { isTriedAgain, open, waitSeconds } from '../../../lambda/domain/waiting.ts';
import { ACCOUNT, NOTICE_MS, noticeAt, REGION, spotEvent } from '../events.ts';

const HOME = { account: ACCOUNT, region: REGION };
const SOON = NOTICE_MS + 5_000;
const AFTER = NOTICE_MS + 120_000;
const message = (body: string, receives = 1) => ({ id: 'm', body, receiptHandle: 'h', receives });
/** Lambda's record for a failure destination, as its developer guide shows it. */
const record = (payload: unknown, more: object = { responsePayload: { errorMessage: 'no' } }) =>
  JSON.stringify({ version: '1.0', requestContext: { condition: 'x' }, requestPayload: payload, ...more });

describe('a message of the overflow queue', () => {
  it.each([
    ['the bare event', JSON.stringify(spotEvent())],
    ["the function's record", record(spotEvent())],
    ['the record of an event that grew too old', record(spotEvent(), {})],
  ])('is %s', (_name, body) => {
    expect(open(message(body), HOME, SOON)).toMatchObject({
      kind: 'inTime',
      notice: { instanceId: 'i-0b662ef9931388ba0', deadline: NOTICE_MS / 1000 + 120 },
    });
  });

  it.each(['', '{', 'null', '"text"', '7', '\u0000'])('is poison where it is %j', (body) => {
    expect(open(message(body), HOME, SOON)).toEqual({ kind: 'poison', reason: 'MalformedBody' });
  });

  it.each([
    ['{}', 'unknown source'],
    ['[]', 'not an object'],
    ['{"requestPayload":null}', 'not an object'],
    [record(spotEvent({ account: '999999999999' })), 'foreign account'],
    [record({ requestPayload: spotEvent() }), 'unknown source'],
  ])('is ignored as the function ignores it: %s', (body, reason) => {
    expect(open(message(body), HOME, SOON)).toMatchObject({ kind: 'ignored', ignored: { reason } });
  });

  it.each([
    ['bare and seen first', JSON.stringify(spotEvent()), 1, 'inTime'],
    ['never given to the function', record(spotEvent(), {}), 1, 'inTime'],
    ['given to the function before', record(spotEvent()), 1, 'expired'],
    ['received before', JSON.stringify(spotEvent()), 2, 'expired'],
  ])('after its deadline, %s, is %s', (_name, body, receives, kind) => {
    expect(open(message(body, receives), HOME, AFTER)).toMatchObject({ kind });
  });
});

describe('a try', () => {
  const notice = noticeAt(NOTICE_MS);
  const failed = (reason: string): AnsweredNotice => ({ phase: 'notSent', notice, reason });

  it('comes again after two to five seconds', () => {
    expect([1, 2, 3, 4, 5, 50].map((receives) => waitSeconds(notice, receives, SOON))).toEqual([
      2, 3, 4, 5, 5, 5,
    ]);
  });

  it('comes a hundred times in an hour, and as often as any in the last two minutes', () => {
    const deadline = NOTICE_MS / 1000 + 3_600;
    let [atMs, tries, lastTwoMinutes] = [NOTICE_MS, 0, 0];
    for (; atMs < deadline * 1000; tries += 1) {
      if (atMs >= (deadline - 120) * 1000) lastTwoMinutes += 1;
      atMs += waitSeconds({ deadline }, tries + 1, atMs) * 1000;
    }
    expect(tries).toBeGreaterThan(50);
    expect(tries).toBeLessThan(150);
    expect(lastTwoMinutes).toBeGreaterThan(20);
  });

  it('is ended by the clock', () => {
    expect(isTriedAgain(failed('ThrottlingException'), 3, SOON)).toBe(true);
    expect(isTriedAgain(failed('ThrottlingException'), 3, AFTER - 4_001)).toBe(true);
    expect(isTriedAgain(failed('ThrottlingException'), 3, AFTER - 4_000)).toBe(false);
  });

  it.each(['SettingsTooLarge', 'Fault: TypeError at x'])('that can never work is the last: %s', (reason) => {
    expect(isTriedAgain(failed(reason), 1, SOON)).toBe(false);
  });

  it('that was answered is the last', () => {
    expect(isTriedAgain({ phase: 'commandSent', notice, commandId: 'c', sentMs: SOON }, 1, SOON)).toBe(false);
    expect(isTriedAgain({ phase: 'late', notice }, 1, SOON)).toBe(false);
  });
});
