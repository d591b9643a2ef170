// SSM refuses a whole command for some of its instances: the others get theirs, by few calls.
import { describe, expect, it } from 'vitest';
import type { AnsweredNotice } from '../../../lambda/domain/answered.ts';
import type { Batch } from '../../../lambda/domain/command.ts';
import { SomeRefused } from '../../../lambda/ports.ts';
import { sendApart } from '../../../lambda/respond/refused.ts';
import { instanceIdOf, NOTICE_MS, noticeAt } from '../events.ts';

const ids = Array.from({ length: 50 }, (_, index) => instanceIdOf(index));
const whole: Batch = {
  entries: Object.fromEntries(ids.map((id) => [id, { deadline: 0, action: 'terminate', settings: {} }])),
  notices: ids.map((instanceId) => noticeAt(NOTICE_MS, { instanceId })),
};
const refusal = (named: readonly string[]): SomeRefused =>
  new SomeRefused('SendCommand', 'InvalidInstanceId', named, undefined);

/** SSM as it is, with these bad; `says`: whom of them it names. */
async function attempt(bad: readonly string[], says: (found: readonly string[]) => readonly string[]) {
  const calls: number[] = [];
  const send = async (batch: Batch): Promise<AnsweredNotice[] | SomeRefused> => {
    const asked = Object.keys(batch.entries);
    calls.push(asked.length);
    const found = asked.filter((id) => bad.includes(id));
    if (found.length === 0) {
      return batch.notices.map((notice) => ({ phase: 'commandSent', notice, commandId: 'c', sentMs: 0 }));
    }
    if (asked.length > 1) return refusal(says(found));
    return batch.notices.map((notice) => ({ phase: 'notSent', notice, reason: 'InvalidInstanceId' }));
  };
  const answered = await sendApart(whole, refusal(says(bad)), send);
  const sent = answered.filter(({ phase }) => phase === 'commandSent').map(({ notice }) => notice.instanceId);
  expect(answered.map(({ notice }) => notice.instanceId).sort()).toEqual(ids);
  return { sent, calls };
}

describe('a refused command', () => {
  it.each([1, 2, 7])('goes by one more call to all but those %i that SSM names', async (count) => {
    const bad = ids.slice(10, 10 + count);
    const { sent, calls } = await attempt(bad, (found) => found);
    expect(calls).toEqual([50 - count]);
    expect(sent).toHaveLength(50 - count);
  });

  it('goes on where SSM names one after the other', async () => {
    const { sent, calls } = await attempt(ids.slice(0, 3), ([first = '']) => [first]);
    expect(calls).toEqual([49, 48, 47]);
    expect(sent).toHaveLength(47);
  });

  it.each([0, 1, 24, 25, 49])(
    'finds the bad one by halving where SSM names nobody: number %i',
    async (nth) => {
      const { sent, calls } = await attempt([ids[nth] ?? ''], () => []);
      expect(sent).toHaveLength(49);
      expect(calls.length).toBeLessThanOrEqual(12);
    },
  );

  it('halves where SSM names only strangers', async () => {
    const { sent } = await attempt([ids[3] ?? ''], () => ['i-0123456789abcdef0']);
    expect(sent).toHaveLength(49);
  });

  it('gives up after 14 calls: what is left comes again', async () => {
    const bad = ids.filter((_, index) => index % 2 === 0);
    const { sent, calls } = await attempt(bad, () => []);
    expect(calls).toHaveLength(14);
    expect(sent.length).toBeLessThan(25);
  });

  it('that SSM refuses for all of them is no call more', async () => {
    const { sent, calls } = await attempt(ids, (found) => found);
    expect(calls).toEqual([]);
    expect(sent).toEqual([]);
  });
});
