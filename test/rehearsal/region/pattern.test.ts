import { describe, expect, it } from 'vitest';
import { matches } from '../../../rehearsal/region/pattern.ts';
import type { JsonObject } from '../../../rehearsal/template/template.ts';

const pattern = {
  source: ['aws.ec2'],
  account: ['123456789012'],
  detail: { 'instance-action': ['stop', 'terminate'] },
};
const event = { source: 'aws.ec2', account: '123456789012', detail: { 'instance-action': 'stop', more: 1 } };

describe('an event pattern', () => {
  const cases: { name: string; pattern: JsonObject; event: unknown; expected: boolean }[] = [
    { name: 'all values agree', pattern, event, expected: true },
    { name: 'another source', pattern, event: { ...event, source: 'aws.ssm' }, expected: false },
    {
      name: 'a value that only begins alike',
      pattern,
      event: { ...event, source: 'aws.ec2spotfleet' },
      expected: false,
    },
    {
      name: 'a missing branch',
      pattern,
      event: { source: 'aws.ec2', account: '123456789012' },
      expected: false,
    },
    {
      name: 'a string where an object belongs',
      pattern,
      event: { ...event, detail: 'stop' },
      expected: false,
    },
    { name: 'an event that is no object', pattern, event: [event], expected: false },
    {
      name: 'a list in the event',
      pattern: { resources: ['b'] },
      event: { resources: ['a', 'b'] },
      expected: true,
    },
    { name: 'prefix', pattern: { source: [{ prefix: 'aws.' }] }, event, expected: true },
    { name: 'a number is not its digits', pattern: { n: [1] }, event: { n: '1' }, expected: false },
  ];
  it.each(cases)('$name: $expected', ({ pattern, event, expected }) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it('with an operator that is not known here is an error, not a match', () => {
    expect(() => matches({ source: [{ wildcard: 'aws.*' }] }, event)).toThrow('exact values and prefix');
    expect(() => matches({ source: [{ prefx: 'aws' }] }, event)).toThrow('exact values and prefix');
    expect(() => matches({ source: 'aws.ec2' }, event)).toThrow('must be a list or an object');
  });
});
