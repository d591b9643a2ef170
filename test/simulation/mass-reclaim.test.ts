// Mass reclaims in virtual time: what ours must reach, and that the numbers it is simulated with are those that deploy.
import { describe, expect, it } from 'vitest';
import { compare, simulate } from '../../simulation/compare.ts';
import { OURS } from '../../simulation/parameters.ts';
import { resultOf } from '../../simulation/result.ts';
import type { WorldOptions } from '../../simulation/world.ts';
import { only, synthesise } from '../lib/synthesised.ts';

const options = (more: Partial<WorldOptions> = {}): WorldOptions => ({
  notices: 1_000,
  foreign: 0,
  badIds: 0,
  spreadMs: 1_000,
  sendRate: 5,
  taken: 0.5,
  concurrency: 1_000,
  seed: 1,
  ...more,
});
const oursOf = async (more: Partial<WorldOptions>) => resultOf(await simulate('ours', options(more)));

describe('a mass reclaim', { timeout: 60_000 }, () => {
  it('of 5,000, half of a rate of 5 taken, has all commands within 60 s', async () => {
    expect(await oursOf({ notices: 5_000 })).toMatchObject({
      reachedWithin60s: 1,
      reachedInTime: 1,
      lost: 0,
      withoutEnd: 0,
    });
  });

  it('has them within 110 s where 2 % are unknown to SSM and 20,000 foreign notices come beside them', async () => {
    const result = await oursOf({ notices: 5_000, badIds: 0.02, foreign: 20_000 });
    expect(result).toMatchObject({ reachedInTime: 1, lost: 0, withoutEnd: 0 });
    expect(result.lastS).toBeLessThanOrEqual(110);
  });

  it.each([{ concurrency: 10 }, { sendRate: 2, taken: 0.9 }, { badIds: 0.5 }])(
    'brings each notice to an end: %o',
    async (more) => {
      expect((await oursOf(more)).withoutEnd).toBe(0);
    },
  );

  it('leaves other designs far behind', async () => {
    const { ours, fastLaneOnly, onePerNotice, queueOfTen } = await compare(options());
    expect(ours.reachedWithin10s).toBeGreaterThan(0.5);
    for (const other of [fastLaneOnly, onePerNotice, queueOfTen]) {
      expect(other.reachedWithin10s).toBeLessThan(ours.reachedWithin10s / 5);
      expect(other.lost).toBeGreaterThan(500);
      expect(other.withoutEnd).toBeGreaterThan(500);
    }
  });

  it('of one is answered by two calls, whatever the design, and ours is no slower', async () => {
    const { ours, ...others } = await compare(options({ notices: 1, taken: 0 }));
    expect(ours).toMatchObject({ reachedWithin10s: 1, calls: 2 });
    expect(others.onePerNotice).toEqual(ours);
    expect(others.fastLaneOnly).toEqual(ours);
  });

  it('is the same again with the same seed, and another with another', async () => {
    const first = await oursOf({ badIds: 0.02, foreign: 500 });
    expect(await oursOf({ badIds: 0.02, foreign: 500 })).toEqual(first);
    expect(await oursOf({ badIds: 0.02, foreign: 500, seed: 2 })).not.toEqual(first);
  });
});

describe('the parameters', () => {
  it('are those of the stack', () => {
    const template = synthesise();
    const { Timeout } = only(template, 'AWS::Lambda::Function', 'SpotGuardRespondFunction').Properties;
    const { MaximumEventAgeInSeconds: age } = only(
      template,
      'AWS::Lambda::EventInvokeConfig',
      'SpotGuardRespond',
    ).Properties;
    const { VisibilityTimeout } = only(template, 'AWS::SQS::Queue', 'SpotGuardOverflowQueue').Properties;
    const { ScalingConfig } = only(
      template,
      'AWS::Lambda::EventSourceMapping',
      'SpotGuardRespond',
    ).Properties;
    expect(OURS).toEqual({
      readers: (ScalingConfig as { MaximumConcurrency: number }).MaximumConcurrency,
      timeoutMs: Number(Timeout) * 1000,
      maxAgeMs: Number(age) * 1000,
      visibilityMs: Number(VisibilityTimeout) * 1000,
    });
  });
});
