// Mass reclaims in virtual time: whatever the fleet and the limits, each notice comes to an end, and what can be sent is.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { simulate } from '../../simulation/compare.ts';
import { resultOf } from '../../simulation/result.ts';
import { holdsForFew, TIMEOUT } from './cases.ts';

const world = fc.record({
  notices: fc.integer({ min: 1, max: 3_000 }),
  foreign: fc.nat(3_000),
  badIds: fc.double({ min: 0, max: 0.5, noNaN: true }),
  spreadMs: fc.nat(30_000),
  sendRate: fc.double({ min: 0.5, max: 40, noNaN: true }),
  taken: fc.double({ min: 0, max: 0.9, noNaN: true }),
  concurrency: fc.integer({ min: 1, max: 1_000 }),
  seed: fc.nat(1_000_000),
});

describe('a mass reclaim', () => {
  it('brings each notice to an end', { timeout: TIMEOUT }, async () => {
    await holdsForFew(
      fc.asyncProperty(world, async (options) => {
        const { withoutEnd, lost, reachedInTime } = resultOf(await simulate('ours', options));
        assert.equal(withoutEnd, 0);
        assert.ok(lost > 0 || reachedInTime === 1);
      }),
    );
  });
});
