import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { only, synthesise } from './synthesised.ts';

const template = synthesise();
const document = only(template, 'AWS::SSM::Document', '"name":"accept"');
const queue = only(template, 'AWS::SQS::Queue', 'SpotGuardOverflow');
const settlement = only(template, 'AWS::SQS::Queue', 'SpotGuardSettlementQueue');
const deadLetters = only(template, 'AWS::SQS::Queue', '"Properties":{"FifoQueue"');
const bucket = only(template, 'AWS::S3::Bucket');
const log = only(template, 'AWS::Logs::LogGroup');
const rule = only(template, 'AWS::Events::Rule', 'EventPattern');
const respond = only(template, 'AWS::Lambda::Function', 'SpotGuardRespondFunction');
const settle = only(template, 'AWS::Lambda::Function', 'SpotGuardSettleFunction');
const coverage = only(template, 'AWS::Lambda::Function', 'SpotGuardCoverageFunction');
const topic = only(template, 'AWS::SNS::Topic');
const twice = (type: string) => [type, type];
const thrice = (type: string) => [type, type, type];
const policyOf = (name: string) =>
  only(template, 'AWS::IAM::Policy', `SpotGuard${name}RoleDefaultPolicy`).Properties;
const statementsOf = (name: string) => (policyOf(name).PolicyDocument as { Statement: unknown[] }).Statement;
const WRITES_LOG = () => ({
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: arnOf(log),
});
const inBucket = (path: string) => ({ 'Fn::Join': ['', [arnOf(bucket), path]] });
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
    expect(types.filter((type) => type !== 'AWS::CloudWatch::Alarm').sort()).toEqual([
      ...twice('AWS::Events::Rule'),
      'AWS::IAM::ManagedPolicy',
      ...thrice('AWS::IAM::Policy'),
      ...thrice('AWS::IAM::Role'),
      ...twice('AWS::Lambda::EventInvokeConfig'),
      'AWS::Lambda::EventSourceMapping',
      ...thrice('AWS::Lambda::Function'),
      ...twice('AWS::Lambda::Permission'),
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
      'AWS::SNS::Topic',
      'AWS::SNS::TopicPolicy',
      ...thrice('AWS::SQS::Queue'),
      ...thrice('AWS::SQS::QueuePolicy'),
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
      SettlementDeadLetterQueueUrl: { Ref: deadLetters.id },
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
        SPOT_GUARD_SETTLEMENT_QUEUE: { Ref: settlement.id },
        POWERTOOLS_LOG_LEVEL: 'INFO',
        POWERTOOLS_SERVICE_NAME: 'spot-guard',
        POWERTOOLS_METRICS_NAMESPACE: 'SpotGuard',
      },
    });
  });

  it('is not retried by Lambda: what fails goes to the overflow queue', () => {
    expect(only(template, 'AWS::Lambda::EventInvokeConfig', 'SpotGuardRespond').Properties).toEqual({
      FunctionName: { Ref: respond.id },
      Qualifier: '$LATEST',
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: arnOf(queue) } },
    });
  });

  it('may do this and nothing else', () => {
    expect(policyOf('Respond').PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        WRITES_LOG(),
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
          Resource: [arnOf(queue), arnOf(settlement)],
        },
      ],
    });
  });

  it.each(['Respond', 'Settle', 'Coverage'])('%s has a role of its own, for Lambda alone', (name) => {
    const role = only(template, 'AWS::IAM::Role', `SpotGuard${name}Role`).Properties;
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
    expect(only(template, 'AWS::SQS::QueuePolicy', 'SpotGuardOverflow').Properties.PolicyDocument).toEqual({
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

describe('the function settle', () => {
  it('has a minute for ten tickets, of which it takes few at once', () => {
    expect(settle.Properties).toMatchObject({ MemorySize: 512, Timeout: 60, Runtime: 'nodejs24.x' });
    expect(only(template, 'AWS::Lambda::EventSourceMapping').Properties).toEqual({
      FunctionName: { Ref: settle.id },
      EventSourceArn: arnOf(settlement),
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 5 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('may do this and nothing else', () => {
    expect(statementsOf('Settle')).toEqual([
      WRITES_LOG(),
      {
        Effect: 'Allow',
        Action: ['ec2:DescribeInstances', 'ec2:DescribeSpotInstanceRequests', 'ssm:ListCommandInvocations'],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: arnOf(bucket),
        Condition: { StringLike: { 's3:prefix': ['outcomes/*', 'reports/*'] } },
      },
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: [inBucket('/outcomes/*'), inBucket('/reports/*')],
      },
      { Effect: 'Allow', Action: 's3:PutObject', Resource: inBucket('/outcomes/*') },
      {
        Effect: 'Allow',
        Action: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
        ],
        Resource: arnOf(settlement),
      },
    ]);
  });
});

describe('the function coverage', () => {
  it('runs every five minutes, and is not retried', () => {
    const schedule = only(template, 'AWS::Events::Rule', 'ScheduleExpression').Properties;
    expect(schedule).toMatchObject({ ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED' });
    expect(schedule.Targets).toEqual([
      { Id: 'Target0', Arn: arnOf(coverage), RetryPolicy: { MaximumRetryAttempts: 0 } },
    ]);
    expect(coverage.Properties).toMatchObject({ MemorySize: 256, Timeout: 60 });
    expect(only(template, 'AWS::Lambda::EventInvokeConfig', 'SpotGuardCoverage').Properties).toEqual({
      FunctionName: { Ref: coverage.id },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
    });
  });

  it('may do this and nothing else', () => {
    expect(statementsOf('Coverage')).toEqual([
      WRITES_LOG(),
      {
        Effect: 'Allow',
        Action: ['ec2:DescribeInstances', 'ec2:DescribeSpotInstanceRequests'],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: arnOf(bucket),
        Condition: { StringLike: { 's3:prefix': 'outcomes/*' } },
      },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf(settlement) },
    ]);
  });
});

describe('the settlement queue', () => {
  it('holds tickets back past the deadline, and gives up after ten looks', () => {
    expect(settlement.Properties).toEqual({
      FifoQueue: true,
      DelaySeconds: 150,
      // Six times the function's timeout.
      VisibilityTimeout: 360,
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: arnOf(deadLetters), maxReceiveCount: 10 },
    });
    expect(deadLetters.Properties).toEqual({
      FifoQueue: true,
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
    });
  });
});

describe('the bucket', () => {
  it('is encrypted, versioned and private, and stays when the stack goes', () => {
    expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(bucket.Properties).toEqual({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [
          { Id: 'outcomes', Prefix: 'outcomes/', ExpirationInDays: 400, Status: 'Enabled' },
          { Id: 'reports', Prefix: 'reports/', ExpirationInDays: 30, Status: 'Enabled' },
          {
            Id: 'leftovers',
            NoncurrentVersionExpiration: { NoncurrentDays: 7 },
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
            ExpiredObjectDeleteMarker: true,
            Status: 'Enabled',
          },
        ],
      },
    });
  });

  it('refuses whoever comes without TLS, or with an old one', () => {
    const { Statement } = only(template, 'AWS::S3::BucketPolicy').Properties.PolicyDocument as {
      Statement: { Effect: string; Condition: object }[];
    };
    expect(Statement.map(({ Effect, Condition }) => ({ Effect, Condition }))).toEqual([
      { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { Effect: 'Deny', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
    ]);
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
