// What the stack has in all, tells its user and takes from its settings.
import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { only, synthesise } from './synthesised.ts';

const template = synthesise();
const document = only(template, 'AWS::SSM::Document', '"name":"accept"');
const queue = only(template, 'AWS::SQS::Queue', 'SpotGuardOverflowQueue');
const noticeDeadLetters = only(template, 'AWS::SQS::Queue', 'SpotGuardOverflowDeadLetters');
const deadLetters = only(template, 'AWS::SQS::Queue', '"Properties":{"FifoQueue"');
const fleetDeadLetters = only(template, 'AWS::SQS::Queue', 'SpotGuardFleetRequestsDeadLetters');
const bucket = only(template, 'AWS::S3::Bucket');
const log = only(template, 'AWS::Logs::LogGroup');
const respond = only(template, 'AWS::Lambda::Function', 'SpotGuardRespondFunction');
const topic = only(template, 'AWS::SNS::Topic');
const twice = (type: string) => [type, type];

describe('the stack', () => {
  it('has these resources and no others', () => {
    const types = Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(
      ({ Type }) => Type,
    );
    expect(types.filter((type) => type !== 'AWS::CloudWatch::Alarm').sort()).toEqual([
      ...twice('AWS::Events::Rule'),
      'AWS::IAM::ManagedPolicy',
      ...Array(4).fill('AWS::IAM::Policy'),
      ...Array(4).fill('AWS::IAM::Role'),
      ...twice('AWS::Lambda::EventInvokeConfig'),
      ...Array(3).fill('AWS::Lambda::EventSourceMapping'),
      ...Array(4).fill('AWS::Lambda::Function'),
      ...twice('AWS::Lambda::Permission'),
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
      'AWS::SNS::Topic',
      'AWS::SNS::TopicPolicy',
      ...Array(6).fill('AWS::SQS::Queue'),
      ...Array(6).fill('AWS::SQS::QueuePolicy'),
      'AWS::SSM::Association',
      'AWS::SSM::Association',
      'AWS::SSM::Document',
      'AWS::SSM::Document',
      'AWS::SSM::Document',
    ]);
  });

  it('tells the user what to use next', () => {
    const outputs = template.toJSON().Outputs as Record<string, { Value: unknown; Description: string }>;
    expect(Object.fromEntries(Object.entries(outputs).map(([id, { Value }]) => [id, Value]))).toEqual({
      NextTag: 'spot-guard=enabled',
      DocumentName: { Ref: document.id },
      FunctionName: { Ref: respond.id },
      LogGroupName: { Ref: log.id },
      OverflowQueueUrl: { Ref: queue.id },
      NoticeDeadLetterQueueUrl: { Ref: noticeDeadLetters.id },
      SettlementDeadLetterQueueUrl: { Ref: deadLetters.id },
      FleetDeadLetterQueueUrl: { Ref: fleetDeadLetters.id },
      BucketName: { Ref: bucket.id },
      AlarmTopicArn: { Ref: topic.id },
      InstancePolicyArn: { Ref: only(template, 'AWS::IAM::ManagedPolicy').id },
      InstallAssociationId: { Ref: only(template, 'AWS::SSM::Association', '"enabled"').id },
      RemoveAssociationId: { Ref: only(template, 'AWS::SSM::Association', '"remove"').id },
    });
    for (const { Description } of Object.values(outputs)) expect(Description).toMatch(/\S/);
  });

  it.each([
    ['no environment', {}],
    ['us-east-1', { account: '123456789012', region: 'us-east-1' }],
    ['cn-north-1', { account: '123456789012', region: 'cn-north-1' }],
    ['us-gov-west-1', { account: '123456789012', region: 'us-gov-west-1' }],
  ])('names no partition (%s)', (_name, env) => {
    expect(JSON.stringify(synthesise({}, env).toJSON())).not.toMatch(/arn:aws|amazonaws\.com\.cn/);
  });

  it.each(['Respond', 'Settle', 'Coverage', 'Fleet'])(
    '%s has a role of its own, for Lambda alone',
    (name) => {
      const role = only(template, 'AWS::IAM::Role', `SpotGuard${name}Role`).Properties;
      expect(role).not.toHaveProperty('ManagedPolicyArns');
      expect(role).not.toHaveProperty('Policies');
      expect(role.AssumeRolePolicyDocument).toEqual({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
        ],
      });
    },
  );

  it('logs for 30 days, and the log goes with the stack', () => {
    expect(log).toMatchObject({ Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Delete' });
  });
});

describe('the document', () => {
  it('is the built one with the name of the bucket, replaced when it changes', () => {
    const built = readFileSync(
      new URL('../../dist/instance/graceful-shutdown.json', import.meta.url),
      'utf8',
    );
    const content = JSON.parse(built);
    content.parameters.Reports.default = { Ref: bucket.id };
    expect(document.Properties).toEqual({
      Content: content,
      DocumentFormat: 'JSON',
      DocumentType: 'Command',
      TargetType: '/AWS::EC2::Instance',
    });
  });
});

describe('the settings', () => {
  it('reach the function, its log and the install document', () => {
    const changed = synthesise({
      logRetentionDays: RetentionDays.ONE_WEEK,
      logLevel: 'DEBUG',
      drainUntil: Duration.minutes(1),
      saveUntil: Duration.seconds(20),
      cleanUntil: Duration.seconds(8),
      grace: Duration.seconds(10),
    });
    changed.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
    changed.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          POWERTOOLS_LOG_LEVEL: 'DEBUG',
          SPOT_GUARD_DEFAULTS: '{"drain-until":"60","save-until":"20","clean-until":"8","grace":"10"}',
        }),
      },
    });
    changed.hasResourceProperties('AWS::SSM::Association', {
      Parameters: {
        Defaults: [
          Match.objectLike({
            'Fn::Join': [
              '',
              ['drain-until=60,save-until=20,clean-until=8,grace=10,reports=', Match.anyValue()],
            ],
          }),
        ],
      },
    });
  });
});
