import { describe, expect, it } from 'vitest';
import { decide } from '../../../lambda/domain/decision.ts';
import { instanceOf, NOTICE_MS, noticeAt } from '../events.ts';

const notice = noticeAt(NOTICE_MS);
const DEADLINE_MS = NOTICE_MS + 120_000;
const guarded = instanceOf(notice.instanceId);
const tagged = (tags: Record<string, string>) => ({ ...guarded, tags: new Map(Object.entries(tags)) });

describe('decide', () => {
  it.each(['pending', 'running', 'stopping', 'stopped', ''])(
    'sends to a guarded instance that is %j',
    (state) => {
      const instance = { ...guarded, state };
      expect(decide(notice, instance, NOTICE_MS)).toEqual({ kind: 'send', guarded: { notice, instance } });
    },
  );

  it.each([
    ['no tags', tagged({}), { phase: 'unguarded', reason: 'no tag' }],
    [
      'only the tag of a setting',
      tagged({ 'spot-guard:units': 'a' }),
      { phase: 'unguarded', reason: 'no tag' },
    ],
    ['the tag in capitals', tagged({ 'Spot-Guard': 'enabled' }), { phase: 'unguarded', reason: 'no tag' }],
    ['an empty value', tagged({ 'spot-guard': '' }), { phase: 'unguarded', reason: 'other tag value' }],
    [
      'a value in capitals',
      tagged({ 'spot-guard': 'Enabled' }),
      { phase: 'unguarded', reason: 'other tag value' },
    ],
    [
      'a value with a space',
      tagged({ 'spot-guard': 'enabled ' }),
      { phase: 'unguarded', reason: 'other tag value' },
    ],
    [
      'an end of its own',
      { ...guarded, state: 'shutting-down' },
      { phase: 'unreachable', reason: 'shutting-down' },
    ],
    ['an end behind it', { ...guarded, state: 'terminated' }, { phase: 'unreachable', reason: 'terminated' }],
    ['an end, untagged', { ...tagged({}), state: 'terminated' }, { phase: 'unguarded', reason: 'no tag' }],
    ['no word from EC2', undefined, { phase: 'notSent', reason: 'InstanceNotFound' }],
  ])('settles an instance with %s', (_name, instance, settled) => {
    expect(decide(notice, instance, NOTICE_MS)).toEqual({ kind: 'settled', settled: { ...settled, notice } });
  });

  it('is late from the deadline on, whatever is known of the instance', () => {
    const late = { kind: 'settled', settled: { phase: 'late', notice } };
    expect(decide(notice, guarded, DEADLINE_MS - 1).kind).toBe('send');
    expect(decide(notice, guarded, DEADLINE_MS)).toEqual(late);
    expect(decide(notice, undefined, DEADLINE_MS)).toEqual(late);
  });
});
