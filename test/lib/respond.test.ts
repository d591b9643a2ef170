// What answers a notice in the stack: the rule, the function and the overflow queue.
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { arnOf, only, policyOf, synthesise, writesLog } from './synthesised.ts';

const template = synthesise();
const document = only(template, 'AWS::SSM::Document', '"name":"accept"');
const queue = only(template, 'AWS::SQS::Queue', 'SpotGuardOverflowQueue');
const deadLetters = only(template, 'AWS::SQS::Queue', 'SpotGuardOverflowDeadLetters');
const settlement = only(template, 'AWS::SQS::Queue', 'SpotGuardSettlementQueue');
const fleetRequests = only(template, 'AWS::SQS::Queue', 'SpotGuardFleetRequestsQueue');
const log = only(template, 'AWS::Logs::LogGroup');
const rule = only(template, 'AWS::Events::Rule', 'EventPattern');
const respond = only(template, 'AWS::Lambda::Function', 'SpotGuardRespondFunction');
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
        SPOT_GUARD_OVERFLOW_QUEUE: { Ref: queue.id },
        SPOT_GUARD_DEAD_LETTER_QUEUE: { Ref: deadLetters.id },
        SPOT_GUARD_FLEET_QUEUE: { Ref: fleetRequests.id },
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

  it('reads the overflow queue ten at a time without a window, three at once, and gives back what failed', () => {
    expect(only(template, 'AWS::Lambda::EventSourceMapping', 'SpotGuardRespond').Properties).toEqual({
      FunctionName: { Ref: respond.id },
      EventSourceArn: arnOf(queue),
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 3 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('may do this and nothing else', () => {
    expect(policyOf(template, 'Respond')).toEqual({
      Version: '2012-10-17',
      Statement: [
        writesLog(log),
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
          Resource: [arnOf(fleetRequests), arnOf(deadLetters), arnOf(queue), arnOf(settlement)],
        },
        {
          Effect: 'Allow',
          Action: [
            'sqs:ChangeMessageVisibility',
            'sqs:DeleteMessage',
            'sqs:GetQueueAttributes',
            'sqs:ReceiveMessage',
          ],
          Resource: arnOf(queue),
        },
      ],
    });
  });
});

describe('the overflow queue', () => {
  it('shows again after 20 s what a function died over, and gives it up at last, encrypted all the time', () => {
    const common = { MessageRetentionPeriod: 14 * 24 * 3600, SqsManagedSseEnabled: true };
    expect(queue.Properties).toEqual({
      ...common,
      VisibilityTimeout: 20,
      RedrivePolicy: { deadLetterTargetArn: arnOf(deadLetters), maxReceiveCount: 200 },
    });
    expect(deadLetters.Properties).toEqual(common);
  });

  it('takes messages of the one rule, and of nobody without TLS', () => {
    expect(
      only(template, 'AWS::SQS::QueuePolicy', 'SpotGuardOverflowQueue').Properties.PolicyDocument,
    ).toEqual({
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
