// The verdict is what the functions wrote; what must hold of every rehearsal can fail.
import { describe, expect, it } from 'vitest';
import { Bucket } from '../../rehearsal/region/bucket.ts';
import type { JsonObject } from '../../rehearsal/template/template.ts';
import { outcomesIn, settledOnce, verdictOf } from '../../rehearsal/verdict.ts';

const DEADLINE = 1_800_000_120;
const deadlineOf = (seconds: number) => new Date(seconds * 1000).toISOString();
const record = (more: object = {}) => ({
  outcome: 'graceful',
  because: 'so it is',
  action: 'terminate',
  deadline: deadlineOf(DEADLINE),
  ...more,
});

function bucketWith(...records: readonly object[]): Bucket[] {
  const bucket = new Bucket({ name: 'b', arn: 'arn:aws:s3:::b', policy: null });
  for (const [index, one] of records.entries()) {
    bucket.put(`outcomes/2027-01-15/${index}.json`, Buffer.from(JSON.stringify(one)));
  }
  return [bucket];
}
const counted = (name: string): JsonObject => ({
  _aws: { CloudWatchMetrics: [{ Namespace: 'SpotGuard' }] },
  [name]: 1,
});

describe('the verdict', () => {
  it("is the outcome of the notice, beside a recommendation's and an older one", () => {
    const outcomes = outcomesIn(
      bucketWith(
        record({ action: 'rebalance', outcome: 'empty' }),
        record({ deadline: deadlineOf(DEADLINE - 200), outcome: 'late' }),
        record(),
      ),
    );
    expect(verdictOf(outcomes, [], DEADLINE)).toMatchObject({ outcome: 'graceful', secondsToSpare: null });
    expect(verdictOf(outcomes.slice(0, 1), [], DEADLINE)).toMatchObject({ outcome: 'empty' });
  });

  it("is `respond`'s word where nothing is guarded, and none where nobody says anything", () => {
    expect(verdictOf([], [{ phase: 'unguarded' }], DEADLINE).outcome).toBe('unguarded');
    expect(verdictOf([], [{ phase: 'commandSent' }], DEADLINE)).toMatchObject({
      outcome: 'none',
      record: null,
    });
  });
});

describe('what must hold of every rehearsal', () => {
  const settled = { phase: 'settled' };
  it('is one outcome, one line and one count', () => {
    const one = bucketWith(record());
    expect(settledOnce(one, [counted('OutcomesGraceful')], [settled], 1)).toEqual([]);
    expect(settledOnce(one, [], [], 1)).toEqual([]);
  });

  it.each([
    ['no outcome', bucketWith(), [], [], /expected 1 outcome objects, got \[\]/],
    [
      'two outcomes',
      bucketWith(record(), record()),
      [],
      [],
      /expected 1 outcome objects, got \["graceful","graceful"\]/,
    ],
    [
      'two counts',
      bucketWith(record()),
      [counted('OutcomesGraceful'), counted('OutcomesLate')],
      [],
      /at most 1 counted/,
    ],
    [
      'a count for a recommendation',
      bucketWith(record({ action: 'rebalance' })),
      [counted('OutcomesLate')],
      [],
      /at most 0 counted/,
    ],
    ['two lines', bucketWith(record()), [], [settled, settled], /at most 1 lines/],
  ] as const)('is broken by %s', (_name, buckets, metrics, log, problem) => {
    expect(settledOnce(buckets, metrics, log, 1).join()).toMatch(problem);
  });

  it('is broken by an object that is written over', () => {
    const [bucket] = bucketWith(record());
    bucket?.put('outcomes/2027-01-15/0.json', Buffer.from(JSON.stringify(record())));
    expect(settledOnce(bucket ? [bucket] : [], [], [], 1).join()).toMatch(/to be written once, got 2 times/);
  });
});
