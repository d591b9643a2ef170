// The alarms. Each has a heading in docs/operations.md that says what to do.
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Rule } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE, METRIC_SERVICE, METRICS, OUTCOME_METRICS } from '../contract/metrics.ts';
import type { Threshold } from './alarm-settings.ts';
import type { Checked } from './settings.ts';

export interface Watched {
  readonly respond: IFunction;
  readonly settle: IFunction;
  readonly coverage: IFunction;
  readonly rule: Rule;
  readonly overflow: IQueue;
  readonly noticeDeadLetters: IQueue;
  readonly settlement: IQueue;
  readonly ticketDeadLetters: IQueue;
  readonly fleet: IFunction;
  readonly fleetRequests: IQueue;
  readonly fleetDeadLetters: IQueue;
}

interface Wanted {
  readonly id: string;
  readonly threshold: Threshold;
  /** What has happened, for the description; the heading in docs/operations.md is the id in words. */
  readonly says: string;
  readonly metric: IMetric;
  /** Fewer than the threshold raise it, and no data at all does: something that must run does not. */
  readonly tooFew?: true;
}

const FIVE_MINUTES = Duration.minutes(5);

export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, watched: Watched, topic: ITopic, checked: Checked) {
    super(scope, id);
    const action = new SnsAction(topic);
    this.all = wantedOf(watched).map(({ id: name, threshold, says, metric, tooFew }) => {
      const alarm = new Alarm(this, name, {
        alarmDescription: `SpotGuard: ${says}. What to do: docs/operations.md#${anchorOf(name)}`,
        metric,
        threshold: checked[threshold],
        evaluationPeriods: 1,
        comparisonOperator: tooFew
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        // Without interruptions there are no data: that is good, but where something must run.
        treatMissingData: tooFew ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return alarm;
    });
  }
}

/** `OutcomeFailed` is under the heading `Outcome failed`. */
export function anchorOf(id: string): string {
  return id.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
}

function wantedOf(watched: Watched): Wanted[] {
  const { respond, settle, coverage, fleet, rule, overflow, settlement, fleetRequests } = watched;
  const { noticeDeadLetters, ticketDeadLetters, fleetDeadLetters } = watched;
  const outcome = (name: keyof typeof OUTCOME_METRICS): IMetric => own(OUTCOME_METRICS[name]);
  return [
    {
      id: 'OutcomeFailed',
      threshold: 'alarmFailed',
      says: 'A stage failed or ran over at an interruption',
      metric: outcome('failed'),
    },
    {
      id: 'OutcomeLate',
      threshold: 'alarmLate',
      says: 'The reclaim came before the work was safe',
      metric: outcome('late'),
    },
    {
      id: 'OutcomeUnprotected',
      threshold: 'alarmUnprotected',
      says: 'An instance was reclaimed, and no path is known to have reached it',
      metric: outcome('unprotected'),
    },
    {
      id: 'OutcomeUnknown',
      threshold: 'alarmUnknown',
      says: 'No proof came out of an interruption',
      metric: outcome('unknown'),
    },
    {
      id: 'NoticeLost',
      threshold: 'alarmLost',
      says: 'No event or no ticket of a notice came, and it was found afterwards',
      metric: own(METRICS.lost),
    },
    {
      id: 'OverflowWaiting',
      threshold: 'alarmOverflowAge',
      says: 'Notices wait in the overflow queue for too many seconds: nothing reads it',
      metric: oldest(overflow),
    },
    {
      id: 'NoticeDeadLetters',
      threshold: 'alarmDeadLetters',
      says: 'Notices were given up: in two minutes no command could be sent',
      metric: waiting(noticeDeadLetters),
    },
    {
      id: 'TicketDeadLetters',
      threshold: 'alarmDeadLetters',
      says: 'Tickets were given up: their notices have no outcome',
      metric: waiting(ticketDeadLetters),
    },
    {
      id: 'FleetWaiting',
      threshold: 'alarmOverflowAge',
      says: 'Fleet actions wait for too many seconds: nothing reads their queue',
      metric: oldest(fleetRequests),
    },
    {
      id: 'FleetDeadLetters',
      threshold: 'alarmDeadLetters',
      says: 'Fleet actions were given up: the function fleet could not do anything with them',
      metric: waiting(fleetDeadLetters),
    },
    {
      id: 'FleetActionFailed',
      threshold: 'alarmFleetFailed',
      says: 'An instance was not taken out of its target groups or its Auto Scaling group',
      metric: own(METRICS.fleetFailed),
    },
    ...Object.entries({
      RespondErrors: respond,
      SettleErrors: settle,
      CoverageErrors: coverage,
      FleetErrors: fleet,
    }).map(
      ([id, watchedFunction]): Wanted => ({
        id,
        threshold: 'alarmErrors',
        says: `The function ${id.replace('Errors', '').toLowerCase()} failed`,
        metric: watchedFunction.metricErrors({ period: FIVE_MINUTES }),
      }),
    ),
    {
      id: 'DestinationFailed',
      threshold: 'alarmDestination',
      says: 'What respond could not do did not reach the overflow queue',
      metric: respond.metric('DestinationDeliveryFailures', { statistic: Stats.SUM, period: FIVE_MINUTES }),
    },
    {
      id: 'RuleDeadLetterFailed',
      threshold: 'alarmDestination',
      says: 'What EventBridge could not hand over did not reach the overflow queue',
      metric: new Metric({
        namespace: 'AWS/Events',
        metricName: 'InvocationsFailedToBeSentToDlq',
        dimensionsMap: { RuleName: rule.ruleName },
        statistic: Stats.SUM,
        period: FIVE_MINUTES,
      }),
    },
    {
      id: 'SettlementMissing',
      threshold: 'alarmSettlementAge',
      says: 'Tickets wait to be settled for too many seconds',
      metric: oldest(settlement),
    },
    {
      id: 'CoverageMissing',
      threshold: 'alarmCoverage',
      says: 'The look for interruptions without an outcome did not run',
      metric: coverage.metricInvocations({ statistic: Stats.SUM, period: Duration.minutes(30) }),
      tooFew: true,
    },
  ];
}

function own(metricName: string): IMetric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { service: METRIC_SERVICE },
    statistic: Stats.SUM,
    period: FIVE_MINUTES,
  });
}

function waiting(queue: IQueue): IMetric {
  return queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES });
}

function oldest(queue: IQueue): IMetric {
  return queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES });
}
