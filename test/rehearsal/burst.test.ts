// Many notices at once, with the built artefacts against AWS's rates. `.ci/run` has ten times as many, the bench a hundred.
import { beforeAll, describe, expect, it } from 'vitest';
import { burst } from '../../rehearsal/burst/burst.ts';
import type { Burst } from '../../rehearsal/burst/result.ts';
import { judged } from '../../rehearsal/burst/result.ts';
import { Rates } from '../../rehearsal/region/rates.ts';
import type { Template } from '../../rehearsal/template/template.ts';
import { synthesised, temporaryFolder, thisHost } from './world.ts';

const folder = temporaryFolder();
let template: Template;
beforeAll(async () => {
  template = await synthesised(folder);
}, 60_000);

describe('a burst', () => {
  it('of 20 reaches all, though SSM throttles most calls, and runs each plan once', {
    timeout: 120_000,
  }, async () => {
    const result = await burst({ template, host: thisHost(), notices: 20 });
    expect(result).toMatchObject({ lost: 0, ranTwice: 0, neverRan: 0, leftBehind: 0, problems: [] });
    expect(result.outcomes).toEqual({ graceful: 20 });
    expect(result.usage.respond?.memoryMb).toBeGreaterThan(20);
    expect(result.usage.respond?.longestMs).toBeLessThan(10_000);
    expect(result.throttled['ssm:SendCommand']).toBeGreaterThan(0);
    expect(result.calls['ssm:SendCommand']).toBeLessThan(60);
  });

  it('is told what is wrong with it', () => {
    const fine: Burst = {
      notices: 2,
      lost: 0,
      ranTwice: 0,
      neverRan: 0,
      deadLettered: 0,
      leftBehind: 0,
      outcomes: { graceful: 2 },
      p50S: 1,
      p99S: 1,
      lastS: 1,
      usage: {},
      calls: {},
      throttled: {},
      problems: [],
    };
    expect(judged(fine).problems).toEqual([]);
    const bad = { lost: 1, ranTwice: 1, neverRan: 1, deadLettered: 1, leftBehind: 1, outcomes: { late: 2 } };
    for (const [name, value] of Object.entries(bad)) {
      expect(judged({ ...fine, [name]: value }).problems, name).toHaveLength(1);
    }
  });
});

describe('the rates of the endpoints', () => {
  it('let as much through as a bucket holds, and then what flows in', async () => {
    const rates = new Rates({ 'ssm:SendCommand': { capacity: 3, perSecond: 50 } });
    const taken = (): number =>
      Array.from({ length: 10 }, () => rates.take('ssm:SendCommand')).filter(Boolean).length;
    expect(taken()).toBe(3);
    const until = performance.now() + 45;
    while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
    const more = taken();
    expect(more).toBeGreaterThanOrEqual(2);
    expect(more).toBeLessThanOrEqual(3);
    expect(rates.take('sqs:SendMessage')).toBe(true);
  });
});
