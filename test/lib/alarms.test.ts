// The alarms: each with its metric, its threshold, what it makes of missing data, and where it goes.
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { THRESHOLDS, type Threshold } from '../../lib/alarm-settings.ts';
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
      { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible', Statistic: 'Maximum' },
    ],
    [
      'DeadLetters',
      { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible', Statistic: 'Maximum' },
    ],
    [
      'SettlementMissing',
      { Namespace: 'AWS/SQS', MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 3_600 },
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
    ['FunctionErrors', 'FILL(respond, 0) + FILL(settle, 0) + FILL(coverage, 0)', 'Errors'],
    ['DestinationFailed', 'FILL(destination, 0) + FILL(deadLetter, 0)', 'DestinationDeliveryFailures'],
  ])('%s adds up', (name, expression, metricName) => {
    const { Metrics, ...others } = alarms[name] as { Metrics: Record<string, unknown>[] };
    expect(Metrics[0]).toMatchObject({ Expression: expression });
    expect(JSON.stringify(Metrics)).toContain(metricName);
    expect(others).toMatchObject({ Threshold: 1, TreatMissingData: 'notBreaching' });
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
    expect(of('OverflowWaiting')).toContain(nameOf('AWS::SQS::Queue', 'SpotGuardOverflow'));
    expect(of('DeadLetters')).toContain(nameOf('AWS::SQS::Queue', '"Properties":{"FifoQueue"'));
    expect(of('SettlementMissing')).toContain(nameOf('AWS::SQS::Queue', 'SpotGuardSettlementQueue'));
    expect(of('CoverageMissing')).toContain(nameOf('AWS::Lambda::Function', 'SpotGuardCoverageFunction'));
  });

  it('tells the topic when it goes off and when it is over', () => {
    expect(Object.keys(alarms)).toHaveLength(11);
    for (const { AlarmActions, OKActions, ActionsEnabled = true } of Object.values(alarms)) {
      expect({ AlarmActions, OKActions, ActionsEnabled }).toEqual({
        AlarmActions: [{ Ref: topic.id }],
        OKActions: [{ Ref: topic.id }],
        ActionsEnabled: true,
      });
    }
  });

  it('has a threshold that can be set', () => {
    const names = Object.keys(THRESHOLDS) as Threshold[];
    const set = alarmsOf(synthesise(Object.fromEntries(names.map((name, index) => [name, 11 + index]))));
    const thresholds = Object.values(set).map(({ Threshold: threshold }) => threshold);
    expect(thresholds.sort()).toEqual(names.map((_, index) => 11 + index));
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
