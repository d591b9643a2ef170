import { describe, expect, it } from 'vitest';
import { nearest } from '../../contract/nearest.ts';

describe('nearest', () => {
  it.each([
    ['darinUntil', 'drainUntil'],
    ['loglevel', 'logLevel'],
    ['retention', 'logRetentionDays'],
    ['until', 'drainUntil'],
    ['grce', 'grace'],
    ['', undefined],
    ['foo', undefined],
    ['constructor', undefined],
    ['age', undefined],
  ])('takes %j for %s', (word, meant) => {
    expect(nearest(word, ['stackName', 'logRetentionDays', 'logLevel', 'drainUntil', 'grace'])).toBe(meant);
  });
});
