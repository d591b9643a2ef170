// What settles a notice in the stack: two functions, the settlement queue with its dead letters, and the bucket.
import { describe, expect, it } from 'vitest';
import { arnOf, only, policyOf, synthesise, writesLog } from './synthesised.ts';

const template = synthesise();
const settlement = only(template, 'AWS::SQS::Queue', 'SpotGuardSettlementQueue');
const deadLetters = only(template, 'AWS::SQS::Queue', '"Properties":{"FifoQueue"');
const bucket = only(template, 'AWS::S3::Bucket');
const log = only(template, 'AWS::Logs::LogGroup');
const settle = only(template, 'AWS::Lambda::Function', 'SpotGuardSettleFunction');
const coverage = only(template, 'AWS::Lambda::Function', 'SpotGuardCoverageFunction');
const inBucket = (path: string) => ({ 'Fn::Join': ['', [arnOf(bucket), path]] });

describe('the function settle', () => {
  it('has a minute for ten tickets, of which it takes few at once', () => {
    expect(settle.Properties).toMatchObject({ MemorySize: 512, Timeout: 60, Runtime: 'nodejs24.x' });
    expect(only(template, 'AWS::Lambda::EventSourceMapping', 'SpotGuardSettle').Properties).toEqual({
      FunctionName: { Ref: settle.id },
      EventSourceArn: arnOf(settlement),
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 5 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('may do this and nothing else', () => {
    expect(policyOf(template, 'Settle').Statement).toEqual([
      writesLog(log),
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
    expect(policyOf(template, 'Coverage').Statement).toEqual([
      writesLog(log),
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
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
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
