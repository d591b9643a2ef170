// What does fleet actions in the stack: a function with a role of its own, the queue of requests and its dead letters.
import { describe, expect, it } from 'vitest';
import { arnOf, only, policyOf, synthesise, writesLog } from './synthesised.ts';

const template = synthesise();
const requests = only(template, 'AWS::SQS::Queue', 'SpotGuardFleetRequestsQueue');
const deadLetters = only(template, 'AWS::SQS::Queue', 'SpotGuardFleetRequestsDeadLetters');
const log = only(template, 'AWS::Logs::LogGroup');
const fleet = only(template, 'AWS::Lambda::Function', 'SpotGuardFleetFunction');
const arn = (service: string, resource: string) => ({
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
    ],
  ],
});

describe('the function fleet', () => {
  it('has a quarter of a minute, takes ten requests without a window, three at once, and gives back what is not done', () => {
    expect(fleet.Properties).toMatchObject({ MemorySize: 256, Timeout: 15, Runtime: 'nodejs24.x' });
    expect(only(template, 'AWS::Lambda::EventSourceMapping', 'SpotGuardFleet').Properties).toEqual({
      FunctionName: { Ref: fleet.id },
      EventSourceArn: arnOf(requests),
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 3 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('may change what is tagged for it and nothing else, and sends no command', () => {
    expect(policyOf(template, 'Fleet').Statement).toEqual([
      writesLog(log),
      {
        Effect: 'Allow',
        Action: [
          'autoscaling:DescribeAutoScalingGroups',
          'autoscaling:DescribeAutoScalingInstances',
          'elasticloadbalancing:DescribeTargetHealth',
          'tag:GetResources',
        ],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: 'elasticloadbalancing:DeregisterTargets',
        Resource: arn('elasticloadbalancing', ':targetgroup/*'),
        Condition: { StringEquals: { 'aws:ResourceTag/spot-guard:deregister': 'targets' } },
      },
      {
        Effect: 'Allow',
        Action: 'autoscaling:DetachInstances',
        Resource: arn('autoscaling', ':autoScalingGroup:*:autoScalingGroupName/*'),
        Condition: { StringEquals: { 'aws:ResourceTag/spot-guard:replace': 'asg' } },
      },
      {
        Effect: 'Allow',
        Action: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
        ],
        Resource: arnOf(requests),
      },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf(deadLetters) },
    ]);
  });
});

describe('the fleet queue', () => {
  it('shows again after 20 s what a function died over, and gives it up at last, encrypted all the time', () => {
    const common = { MessageRetentionPeriod: 14 * 24 * 3600, SqsManagedSseEnabled: true };
    expect(requests.Properties).toEqual({
      ...common,
      VisibilityTimeout: 20,
      RedrivePolicy: { deadLetterTargetArn: arnOf(deadLetters), maxReceiveCount: 200 },
    });
    expect(deadLetters.Properties).toEqual(common);
  });
});
