import { describe, expect, it } from 'vitest';
import { decide } from '../../../lambda/domain/decision.ts';
import { instanceOf, NOTICE_MS, noticeAt } from '../events.ts';

const notice = noticeAt(NOTICE_MS);
const recommendation = noticeAt(NOTICE_MS, { action: 'rebalance', deadline: NOTICE_MS / 1000 + 600 });
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
      'the tag that takes the guard off',
      tagged({ 'spot-guard': 'remove' }),
      { phase: 'unguarded', reason: 'tag says remove' },
    ],
    [
      'nearly that tag',
      tagged({ 'spot-guard': 'Remove' }),
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
  ])('answers an instance with %s', (_name, instance, answered) => {
    expect(decide(notice, instance, NOTICE_MS)).toEqual({
      kind: 'answered',
      answered: { ...answered, notice },
    });
  });

  it.each([
    ['no rebalance tag', {}, { phase: 'declined', reason: 'no rebalance tag' }],
    [
      'an empty rebalance tag',
      { 'spot-guard:rebalance': '' },
      { phase: 'declined', reason: 'other rebalance tag value' },
    ],
    [
      'a rebalance tag in capitals',
      { 'spot-guard:rebalance': 'Save' },
      { phase: 'declined', reason: 'other rebalance tag value' },
    ],
    [
      'a rebalance tag with a space',
      { 'spot-guard:rebalance': 'save ' },
      { phase: 'declined', reason: 'other rebalance tag value' },
    ],
    [
      'the rebalance tag but not the other',
      { 'spot-guard': 'Enabled', 'spot-guard:rebalance': 'save' },
      { phase: 'unguarded', reason: 'other tag value' },
    ],
  ])('answers a recommendation for an instance with %s', (_name, tags, answered) => {
    expect(decide(recommendation, instanceOf(notice.instanceId, tags), NOTICE_MS)).toEqual({
      kind: 'answered',
      answered: { ...answered, notice: recommendation },
    });
  });

  it('answers a recommendation for an untagged instance as unguarded', () => {
    expect(decide(recommendation, tagged({ 'spot-guard:rebalance': 'save' }), NOTICE_MS)).toMatchObject({
      answered: { phase: 'unguarded', reason: 'no tag' },
    });
  });

  it('sends a recommendation to an instance that asks for it, as long as it runs', () => {
    const asking = instanceOf(notice.instanceId, { 'spot-guard:rebalance': 'save' });
    expect(decide(recommendation, asking, NOTICE_MS)).toEqual({
      kind: 'send',
      guarded: { notice: recommendation, instance: asking },
    });
    const ending = { ...asking, state: 'shutting-down' };
    expect(decide(recommendation, ending, NOTICE_MS)).toMatchObject({ answered: { phase: 'unreachable' } });
    expect(decide(recommendation, { ...ending, tags: guarded.tags }, NOTICE_MS)).toMatchObject({
      answered: { phase: 'declined' },
    });
  });

  it.each([undefined, 'Save'])('sends a notice whatever the rebalance tag says: %j', (value) => {
    const tags: Record<string, string> = value === undefined ? {} : { 'spot-guard:rebalance': value };
    expect(decide(notice, instanceOf(notice.instanceId, tags), NOTICE_MS).kind).toBe('send');
  });

  it('is late from the deadline on, whatever is known of the instance', () => {
    const late = { kind: 'answered', answered: { phase: 'late', notice } };
    expect(decide(notice, guarded, DEADLINE_MS - 1).kind).toBe('send');
    expect(decide(notice, guarded, DEADLINE_MS)).toEqual(late);
    expect(decide(notice, undefined, DEADLINE_MS)).toEqual(late);
  });
});
