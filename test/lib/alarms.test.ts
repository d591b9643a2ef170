// The alarms: each with its metric, its threshold, what it makes of missing data, and where it goes.
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { only, synthesise } from './synthesised.ts';

type Alarm = { readonly Properties: Record<string, unknown> };
const alarmsOf = (template: Template): Record<string, Alarm['Properties']> =>
  Object.fromEntries(
    Object.entries(template.findResources('AWS::CloudWatch::Alarm') as Record<string, Alarm>).map(
      ([id, { Properties }]) => [/^SpotGuardAlarms(\w+?)[0-9A-F]{8}$/.exec(id)?.[1] ?? id, Properties],
    ),
  );
const template = synthesise();
const alarms = alarmsOf(template);
const topic = only(template, 'AWS::SNS::Topic');
const own = (MetricName: string) => ({
  MetricName,
  Namespace: 'SpotGuard',
  Dimensions: [{ Name: 'service', Value: 'spot-guard' }],
  Statistic: 'Sum',
  Period: 300,
});

describe('an alarm', () => {
  it.each([
    ['OutcomeFailed', own('OutcomesFailed')],
    ['OutcomeLate', own('OutcomesLate')],
    ['OutcomeUnprotected', own('OutcomesUnprotected')],
    ['OutcomeUnknown', own('OutcomesUnknown')],
    ['NoticeLost', own('NoticesLost')],
    [
      'OverflowWaiting',
      { Namespace: 'AWS/SQS', MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 900 },
    ],
    ['FleetWaiting', { Namespace: 'AWS/SQS', MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 900 }],
    [
      'NoticeDeadLetters',
      { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible', Statistic: 'Maximum' },
    ],
    ['FleetActionFailed', own('FleetActionsFailed')],
    [
      'FleetDeadLetters',
      { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible', Statistic: 'Maximum' },
    ],
    [
      'TicketDeadLetters',
      { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible', Statistic: 'Maximum' },
    ],
    [
      'SettlementMissing',
      { Namespace: 'AWS/SQS', MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 7_200 },
    ],
  ])('%s goes off from its threshold on, and is silent without data', (name, metric) => {
    expect(alarms[name]).toMatchObject({
      Threshold: 1,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      ...metric,
    });
  });

  it.each([
    ['RespondErrors', 'AWS/Lambda', 'Errors'],
    ['SettleErrors', 'AWS/Lambda', 'Errors'],
    ['CoverageErrors', 'AWS/Lambda', 'Errors'],
    ['FleetErrors', 'AWS/Lambda', 'Errors'],
    ['DestinationFailed', 'AWS/Lambda', 'DestinationDeliveryFailures'],
    ['RuleDeadLetterFailed', 'AWS/Events', 'InvocationsFailedToBeSentToDlq'],
  ])('%s adds up', (name, Namespace, MetricName) => {
    expect(alarms[name]).toMatchObject({
      Namespace,
      MetricName,
      Statistic: 'Sum',
      Period: 300,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('CoverageMissing goes off when nothing runs', () => {
    expect(alarms.CoverageMissing).toMatchObject({
      MetricName: 'Invocations',
      Period: 1_800,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('watches its own queue or function', () => {
    const nameOf = (type: string, text: string) => only(template, type, text).id;
    const of = (name: string) => JSON.stringify(alarms[name]);
    expect(of('OverflowWaiting')).toContain(nameOf('AWS::SQS::Queue', 'SpotGuardOverflowQueue'));
    expect(of('NoticeDeadLetters')).toContain(nameOf('AWS::SQS::Queue', 'SpotGuardOverflowDeadLetters'));
    expect(of('TicketDeadLetters')).toContain(nameOf('AWS::SQS::Queue', '"Properties":{"FifoQueue"'));
    expect(of('SettlementMissing')).toContain(nameOf('AWS::SQS::Queue', 'SpotGuardSettlementQueue'));
    for (const part of ['Respond', 'Settle', 'Coverage']) {
      expect(of(`${part}Errors`)).toContain(nameOf('AWS::Lambda::Function', `SpotGuard${part}Function`));
    }
    expect(of('CoverageMissing')).toContain(nameOf('AWS::Lambda::Function', 'SpotGuardCoverageFunction'));
    expect(of('DestinationFailed')).toContain(nameOf('AWS::Lambda::Function', 'SpotGuardRespondFunction'));
    expect(of('RuleDeadLetterFailed')).toContain(nameOf('AWS::Events::Rule', 'EventPattern'));
  });

  it('tells the topic when it goes off and when it is over', () => {
    expect(Object.keys(alarms)).toHaveLength(19);
    for (const { AlarmActions, OKActions, ActionsEnabled = true } of Object.values(alarms)) {
      expect({ AlarmActions, OKActions, ActionsEnabled }).toEqual({
        AlarmActions: [{ Ref: topic.id }],
        OKActions: [{ Ref: topic.id }],
        ActionsEnabled: true,
      });
    }
  });

  it('has a threshold that can be set', () => {
    const set = alarmsOf(
      synthesise({
        alarmFailed: 11,
        alarmLate: 12,
        alarmUnprotected: 13,
        alarmUnknown: 14,
        alarmLost: 15,
        alarmOverflowAge: 16,
        alarmDeadLetters: 17,
        alarmErrors: 18,
        alarmFleetFailed: 21,
        alarmDestination: 19,
        alarmSettlementAge: 20,
        alarmCoverage: 5,
      }),
    );
    expect(Object.fromEntries(Object.entries(set).map(([name, { Threshold }]) => [name, Threshold]))).toEqual(
      {
        OutcomeFailed: 11,
        OutcomeLate: 12,
        OutcomeUnprotected: 13,
        OutcomeUnknown: 14,
        NoticeLost: 15,
        OverflowWaiting: 16,
        NoticeDeadLetters: 17,
        TicketDeadLetters: 17,
        FleetDeadLetters: 17,
        FleetActionFailed: 21,
        RespondErrors: 18,
        SettleErrors: 18,
        CoverageErrors: 18,
        FleetErrors: 18,
        FleetWaiting: 16,
        DestinationFailed: 19,
        RuleDeadLetterFailed: 19,
        SettlementMissing: 20,
        CoverageMissing: 5,
      },
    );
  });

  it('of coverage can ask for no more runs than there are', () => {
    expect(() => synthesise({ alarmCoverage: 6 })).toThrow(
      'alarmCoverage: got 6, allowed whole numbers from 1 to 5',
    );
  });
});

describe('the topic', () => {
  it("lets this account's alarms publish, and nobody without TLS", () => {
    expect(only(template, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument).toMatchObject({
      Statement: [
        { Effect: 'Deny', Action: 'sns:Publish', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        {
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    });
    expect(template.findResources('AWS::SNS::Subscription')).toEqual({});
  });

  it('has the e-mail that is given', () => {
    const mailed = synthesise({ alarmEmail: 'ops@example.com' });
    expect(only(mailed, 'AWS::SNS::Subscription').Properties).toMatchObject({
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
  });

  it('is the one that is given', () => {
    const alarmTopicArn = 'arn:aws:sns:us-east-1:123456789012:alarms';
    const given = synthesise({ alarmTopicArn });
    expect(given.findResources('AWS::SNS::Topic')).toEqual({});
    for (const { AlarmActions } of Object.values(alarmsOf(given)))
      expect(AlarmActions).toEqual([alarmTopicArn]);
  });
});
