import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { only, synthesise } from './synthesised.ts';

const template = synthesise();
const document = only(template, 'AWS::SSM::Document', '"name":"accept"');
const queue = only(template, 'AWS::SQS::Queue');
const log = only(template, 'AWS::Logs::LogGroup');
const rule = only(template, 'AWS::Events::Rule');
const respond = only(template, 'AWS::Lambda::Function');
const arnOf = ({ id }: { readonly id: string }) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const arn = (service: string, resource: string, ...rest: unknown[]) => ({
  'Fn::Join': [
    '',
    [
      'arn:',
      { Ref: 'AWS::Partition' },
      `:${service}:`,
      { Ref: 'AWS::Region' },
      ':',
      { Ref: 'AWS::AccountId' },
      resource,
      ...rest,
    ],
  ],
});

describe('the stack', () => {
  it('has these resources and no others', () => {
    const types = Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(
      ({ Type }) => Type,
    );
    expect(types.sort()).toEqual([
      'AWS::Events::Rule',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
      'AWS::SQS::Queue',
      'AWS::SQS::QueuePolicy',
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
});

describe('the rule', () => {
  it("matches the account's own notices and recommendations, on the default bus", () => {
    expect(rule.Properties.EventPattern).toEqual({
      source: ['aws.ec2'],
      'detail-type': [
        'EC2 Spot Instance Interruption Warning',
        'EC2 Capacity Reservation Instance Interruption Warning',
        'EC2 Interruptible Capacity Reservation Instance Interruption Warning',
        'EC2 Instance Rebalance Recommendation',
        'EC2 Spot Instance Rebalance Recommended',
      ],
      account: [{ Ref: 'AWS::AccountId' }],
    });
    expect(rule.Properties).not.toHaveProperty('EventBusName');
    expect(rule.Properties.State).toBe('ENABLED');
  });

  it('targets the function alone, for 60 s, then the overflow queue', () => {
    expect(rule.Properties.Targets).toEqual([
      {
        Id: 'Target0',
        Arn: arnOf(respond),
        RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 10 },
        DeadLetterConfig: { Arn: arnOf(queue) },
      },
    ]);
  });

  it('alone may invoke the function', () => {
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      FunctionName: arnOf(respond),
      Principal: 'events.amazonaws.com',
      SourceArn: arnOf(rule),
      SourceAccount: Match.absent(),
    });
  });
});

describe('the function', () => {
  it('runs the bundle on the newest Node, within 10 s', () => {
    expect(respond.Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 10,
      LoggingConfig: { LogGroup: { Ref: log.id } },
    });
  });

  it('knows the document by reference and the defaults by value', () => {
    expect(respond.Properties.Environment).toEqual({
      Variables: {
        SPOT_GUARD_DOCUMENT: { Ref: document.id },
        SPOT_GUARD_DEFAULTS: '{"drain-until":"45","save-until":"10","clean-until":"5","grace":"5"}',
        POWERTOOLS_LOG_LEVEL: 'INFO',
        POWERTOOLS_SERVICE_NAME: 'spot-guard',
        POWERTOOLS_METRICS_NAMESPACE: 'SpotGuard',
      },
    });
  });

  it('is not retried by Lambda: what fails goes to the overflow queue', () => {
    expect(only(template, 'AWS::Lambda::EventInvokeConfig').Properties).toEqual({
      FunctionName: { Ref: respond.id },
      Qualifier: '$LATEST',
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: arnOf(queue) } },
    });
  });

  it('may do this and nothing else', () => {
    expect(only(template, 'AWS::IAM::Policy').Properties.PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arnOf(log) },
        { Effect: 'Allow', Action: 'ec2:DescribeInstances', Resource: '*' },
        {
          Effect: 'Allow',
          Action: 'ssm:SendCommand',
          Resource: arn('ssm', ':document/', { Ref: document.id }),
        },
        {
          Effect: 'Allow',
          Action: 'ssm:SendCommand',
          Resource: arn('ec2', ':instance/*'),
          Condition: { StringEquals: { 'ssm:resourceTag/spot-guard': 'enabled' } },
        },
        {
          Effect: 'Allow',
          Action: 'sqs:SendMessage',
          Resource: arnOf(queue),
        },
      ],
    });
    const role = only(template, 'AWS::IAM::Role').Properties;
    expect(role).not.toHaveProperty('ManagedPolicyArns');
    expect(role).not.toHaveProperty('Policies');
    expect(role.AssumeRolePolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
      ],
    });
  });

  it('logs for 30 days, and the log goes with the stack', () => {
    expect(log).toMatchObject({ Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Delete' });
  });
});

describe('the overflow queue', () => {
  it('keeps what it gets for 14 days, encrypted', () => {
    expect(queue.Properties).toEqual({
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 60,
    });
  });

  it('takes messages of the one rule, and of nobody without TLS', () => {
    expect(only(template, 'AWS::SQS::QueuePolicy').Properties.PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Action: 'sqs:*',
          Principal: { AWS: '*' },
          Resource: arnOf(queue),
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        {
          Sid: expect.any(String),
          Effect: 'Allow',
          Action: 'sqs:SendMessage',
          Principal: { Service: 'events.amazonaws.com' },
          Resource: arnOf(queue),
          Condition: { ArnEquals: { 'aws:SourceArn': arnOf(rule) } },
        },
      ],
    });
  });
});

describe('the document', () => {
  it('is the built one, replaced when it changes', () => {
    const built = readFileSync(
      new URL('../../dist/instance/graceful-shutdown.json', import.meta.url),
      'utf8',
    );
    expect(document.Properties).toEqual({
      Content: JSON.parse(built),
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
      Parameters: { Defaults: ['drain-until=60,save-until=20,clean-until=8,grace=10'] },
    });
  });
});
