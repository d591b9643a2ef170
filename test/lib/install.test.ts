// What reaches the instances beside a command: the associations that install the guard and take it off, and the policy.
import { readFileSync } from 'node:fs';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';
import { DEFAULTS_PARAMETER, DEFAULTS_PATTERN } from '../../contract/document.ts';
import { SpotGuard } from '../../lib/index.ts';
import { appWith, only, synthesise } from './synthesised.ts';

const template = synthesise();
const bucket = only(template, 'AWS::S3::Bucket');
const STATED = 'drain-until=45,save-until=10,clean-until=5,grace=5,reports=';
const DEFAULTS = { 'Fn::Join': ['', [STATED, { Ref: bucket.id }]] };

describe.each([
  ['install', 'enabled', { [DEFAULTS_PARAMETER]: [DEFAULTS] }],
  ['remove', 'remove', undefined],
])('what shall %s the guard', (step, tagValue, parameters) => {
  const document = only(template, 'AWS::SSM::Document', `"name":"${step}"`);

  it('is the built document, replaced when it changes', () => {
    const built = readFileSync(new URL(`../../dist/instance/${step}-guard.json`, import.meta.url), 'utf8');
    expect(document.Properties).toEqual({
      Content: JSON.parse(built),
      DocumentFormat: 'JSON',
      DocumentType: 'Command',
      TargetType: '/AWS::EC2::Instance',
    });
  });

  it(`runs at once and every half hour on instances tagged ${tagValue}, and on all of them`, () => {
    expect(only(template, 'AWS::SSM::Association', `"${tagValue}"`).Properties).toEqual({
      Name: { Ref: document.id },
      Targets: [{ Key: 'tag:spot-guard', Values: [tagValue] }],
      ...(parameters === undefined ? {} : { Parameters: parameters }),
      ScheduleExpression: 'rate(30 minutes)',
      MaxConcurrency: '100%',
      MaxErrors: '100%',
    });
  });
});

describe('the defaults of the stack', () => {
  it('are a value that the document takes', () => {
    expect(`${STATED}spotguard-spotguardbucket5db361c1-1a2b3c4d5e6f`).toMatch(new RegExp(DEFAULTS_PATTERN));
  });
});

describe('the policy for instances', () => {
  it('lets them read tags and leave their own report, and has no name of its own', () => {
    const { Description, ...properties } = only(template, 'AWS::IAM::ManagedPolicy').Properties;
    expect(Description).toMatch(/\S/);
    expect(properties).toEqual({
      Path: '/',
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'ec2:DescribeTags', Resource: '*' },
          {
            Effect: 'Allow',
            Action: 's3:PutObject',
            Resource: {
              // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
              'Fn::Join': ['', [{ 'Fn::GetAtt': [bucket.id, 'Arn'] }, '/reports/${ec2:SourceInstanceARN}/*']],
            },
          },
        ],
      },
    });
  });

  it('is attached to the role that is granted it, new or imported', () => {
    const stack = new Stack(appWith(), 'Stack');
    const guard = new SpotGuard(stack, 'SpotGuard');
    const assumedBy = new ServicePrincipal('ec2.amazonaws.com');
    guard.grantInstance(new Role(stack, 'Own', { assumedBy }));
    guard.grantInstance(Role.fromRoleName(stack, 'Imported', 'imported'));
    const granted = Template.fromStack(stack);
    const { id, Properties: policy } = only(granted, 'AWS::IAM::ManagedPolicy');
    expect(only(granted, 'AWS::IAM::Role', 'ec2.amazonaws.com').Properties.ManagedPolicyArns).toEqual([
      { Ref: id },
    ]);
    expect(policy.Roles).toEqual(['imported']);
  });
});
