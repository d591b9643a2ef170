import { describe, expect, it } from 'vitest';
import { partitionOf, resolver } from '../../../rehearsal/template/resolve.ts';
import type { Json, Resource, Template } from '../../../rehearsal/template/template.ts';

const queue: Resource = { logicalId: 'Q', type: 'AWS::SQS::Queue', properties: {} };
const template: Template = {
  resources: new Map([['Q', queue]]),
  parameters: { BootstrapVersion: { Type: 'String', Default: '/cdk-bootstrap' } },
  assets: new Map(),
};
const place = {
  account: '123456789012',
  region: 'cn-north-1',
  stackName: 'SpotGuard',
  ...partitionOf('cn-north-1'),
};
const resolve = resolver(template, place, () => ({ ref: 'queue-url', attributes: { Arn: 'a:b:c' } }));

describe('a template value', () => {
  const cases: { name: string; value: Json; expected: Json }[] = [
    { name: 'a plain value', value: { a: [1, 'x', null] }, expected: { a: [1, 'x', null] } },
    { name: 'Ref of a resource', value: { Ref: 'Q' }, expected: 'queue-url' },
    { name: 'Ref of a parameter', value: { Ref: 'BootstrapVersion' }, expected: '/cdk-bootstrap' },
    { name: 'a pseudo parameter', value: { Ref: 'AWS::Partition' }, expected: 'aws-cn' },
    { name: 'the URL suffix of China', value: { Ref: 'AWS::URLSuffix' }, expected: 'amazonaws.com.cn' },
    { name: 'Fn::GetAtt as a list', value: { 'Fn::GetAtt': ['Q', 'Arn'] }, expected: 'a:b:c' },
    { name: 'Fn::GetAtt as a string', value: { 'Fn::GetAtt': 'Q.Arn' }, expected: 'a:b:c' },
    {
      name: 'Fn::Join',
      value: { 'Fn::Join': ['-', ['x', { Ref: 'AWS::Region' }]] },
      expected: 'x-cn-north-1',
    },
    {
      name: 'Fn::Sub',
      value: { 'Fn::Sub': `\${AWS::AccountId}/\${Q.Arn}/\${!Q}` },
      expected: `123456789012/a:b:c/\${Q}`,
    },
    {
      name: 'Fn::Sub with a map',
      value: { 'Fn::Sub': [`\${V}!`, { V: { Ref: 'Q' } }] },
      expected: 'queue-url!',
    },
    {
      name: 'Fn::Select of Fn::Split',
      value: { 'Fn::Select': [1, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Q', 'Arn'] }] }] },
      expected: 'b',
    },
    {
      name: 'an object with a key like an intrinsic beside others',
      value: { Ref: 'x', B: 1 },
      expected: { Ref: 'x', B: 1 },
    },
  ];
  it.each(cases)('resolves: $name', ({ value, expected }) => {
    expect(resolve(value)).toEqual(expected);
  });

  const faults: { name: string; value: Json; message: string }[] = [
    {
      name: 'an unknown intrinsic',
      value: { 'Fn::ImportValue': 'x' },
      message: 'does not support the intrinsic function Fn::ImportValue',
    },
    {
      name: 'a reference to nothing',
      value: { Ref: 'Nobody' },
      message: 'refers to Nobody, which it does not define',
    },
    {
      name: 'an unknown attribute',
      value: { 'Fn::GetAtt': ['Q', 'Size'] },
      message: 'does not know the attribute Size of Q',
    },
    { name: 'a join of objects', value: { 'Fn::Join': ['', [{ a: 1 }]] }, message: 'must be a string' },
  ];
  it.each(faults)('is refused: $name', ({ value, message }) => {
    expect(() => resolve(value)).toThrow(message);
  });
});
