import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOf, outcomeKey, prefixesOf } from '../../../lambda/domain/outcome-key.ts';

const MIDNIGHT = Date.parse('2026-02-05T00:00:00Z');
const notice = (noticeMs: number, more: object = {}) =>
  ({ instanceId: 'i-0a1b2c3d', action: 'terminate', noticeMs, ...more }) as const;
const recommendation = (noticeMs: number) => notice(noticeMs, { action: 'rebalance' });

describe('the name of an outcome object', () => {
  it('holds the day, the instance and the time of the notice', () => {
    expect(outcomeKey(notice(MIDNIGHT + 1_999))).toBe('outcomes/2026-02-05/i-0a1b2c3d-20260205T000001Z.json');
    expect(outcomeKey(recommendation(MIDNIGHT))).toBe(
      'outcomes/2026-02-05/i-0a1b2c3d-20260205T000000Z-rebalance.json',
    );
  });

  it('lies under a prefix by which it is looked for, from both sides of midnight', () => {
    expect(prefixesOf(notice(MIDNIGHT + 100_000))).toEqual(['outcomes/2026-02-04/', 'outcomes/2026-02-05/']);
    expect(prefixesOf(notice(MIDNIGHT + 300_000))).toEqual(['outcomes/2026-02-05/']);
    fc.assert(
      fc.property(fc.integer({ min: -180, max: 180 }), fc.nat(86_400), (apart, at) => {
        const one = MIDNIGHT + at * 1000;
        const key = outcomeKey(notice(one));
        const other = one + apart * 1000;
        expect(prefixesOf(notice(other)).some((prefix) => key.startsWith(prefix))).toBe(true);
        expect(isOf(key, notice(other))).toBe(true);
      }),
    );
  });

  it('of a notice that may have been earlier reaches back by as much', () => {
    const lost = notice(MIDNIGHT, { earlierSeconds: 1_020 });
    expect(isOf(outcomeKey(notice(MIDNIGHT - 1_190_000)), lost)).toBe(true);
    expect(isOf(outcomeKey(notice(MIDNIGHT - 1_210_000)), lost)).toBe(false);
    expect(isOf(outcomeKey(notice(MIDNIGHT + 190_000)), lost)).toBe(false);
    expect(prefixesOf(lost)).toEqual(['outcomes/2026-02-04/', 'outcomes/2026-02-05/']);
  });

  it.each([
    ['more than 180 s apart', outcomeKey(notice(MIDNIGHT)), notice(MIDNIGHT + 182_000)],
    ['of another instance', outcomeKey(notice(MIDNIGHT)), notice(MIDNIGHT, { instanceId: 'i-0a1b2c3e' })],
    ['of a recommendation', outcomeKey(recommendation(MIDNIGHT)), notice(MIDNIGHT)],
    ['of a notice', outcomeKey(notice(MIDNIGHT)), recommendation(MIDNIGHT)],
    ['that is none', 'outcomes/2026-02-05/readme.txt', notice(MIDNIGHT)],
  ])('%s is not of the same notice', (_name, key, of) => {
    expect(isOf(key, of)).toBe(false);
  });
});
