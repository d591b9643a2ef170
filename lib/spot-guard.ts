// The construct: what answers a notice, what settles it, and what tells you; documents, what installs the guard, and a
// policy for instances.
import { RemovalPolicy } from 'aws-cdk-lib';
import { type Alarm, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Rule } from 'aws-cdk-lib/aws-events';
import type { IRole, ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { CfnAssociation, CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { REPORTS_PARAMETER } from '../contract/document.ts';
import { METRIC_NAMESPACE, METRIC_SERVICE, METRICS, type MetricName } from '../contract/metrics.ts';
import { Alarms } from './alarms.ts';
import { outcomesBucket } from './bucket.ts';
import { coverageFunction } from './coverage.ts';
import { builtDocument } from './document.ts';
import { fleetFunction } from './fleet.ts';
import { fleetQueues } from './fleet-requests.ts';
import { Install } from './install.ts';
import { instancePolicy } from './instance-access.ts';
import { noticeRule } from './notices.ts';
import { overflowQueues } from './overflow.ts';
import { checkProps } from './props.ts';
import { respondFunction } from './respond.ts';
import type { SpotGuardProps } from './settings.ts';
import { settleFunction } from './settle.ts';
import { settlementQueues } from './settlement.ts';
import { alarmTopic } from './topic.ts';

/**
 * Answers every Spot interruption notice of the account and Region: a command runs the plan on the instance, if that
 * is tagged `spot-guard=enabled`. A rebalance recommendation is answered likewise, to save and go on, if the instance is
 * tagged `spot-guard:rebalance=save` too; all others are declined.
 *
 * An instance tagged `spot-guard:deregister=targets` is taken out of target groups tagged likewise, and one tagged
 * `spot-guard:replace=asg` out of its Auto Scaling group, tagged likewise, that then launches another.
 *
 * After the deadline each notice gets its outcome: an object in the bucket, a line in the log, and metrics with alarms.
 *
 * ## Limitations
 *
 * - One in each account and Region. A second would answer the same notices; the instance runs its plan once all the
 *   same, but the metrics of the two are one.
 * - State Manager installs the guard, as a service, on instances tagged so: within half an hour where one runs already.
 * - `npm run build` must have run: the function and the documents are read from `dist`.
 * - Whoever may tag an instance (`ec2:CreateTags`) can opt it in.
 * - EC2 emits notices on a best effort basis. A notice that never comes is not answered.
 * - A notice that could not be answered at once is tried again from the overflow queue, every two to five seconds until its
 *   deadline. Then it lies among the dead letters, for 14 days.
 * - While no instance is interrupted it costs nineteen alarms, of which CloudWatch gives ten, and a run of the function
 *   `coverage` every five minutes.
 * - Removing the stack removes the log and the queues with what they hold, and leaves the bucket. Instances keep what the
 *   guard left on them: tag them `spot-guard=remove` first, and wait for the association that takes it off.
 */
export class SpotGuard extends Construct {
  /** The SSM document of a graceful shutdown. Its name changes with its content. */
  readonly document: CfnDocument;
  /** Holds what could not be answered at once: events from the rule, failure records from the function. */
  readonly overflowQueue: Queue;
  /** Holds notices that were in time and could not be sent, and what is no notice. */
  readonly noticeDeadLetters: Queue;
  /** Holds a ticket for each notice until its deadline has passed. */
  readonly settlementQueue: Queue;
  /** Holds tickets that could not be settled. */
  readonly settlementDeadLetters: Queue;
  /** Holds what instances ask for beside the command, until it is done. */
  readonly fleetQueue: Queue;
  /** Holds what kept killing the function `fleet`, and what is no request. */
  readonly fleetDeadLetters: Queue;
  readonly respondFunction: LambdaFunction;
  readonly settleFunction: LambdaFunction;
  readonly coverageFunction: LambdaFunction;
  readonly fleetFunction: LambdaFunction;
  /** The log of the functions. */
  readonly logGroup: LogGroup;
  /** Holds the outcomes, and the reports that guards leave themselves. */
  readonly bucket: Bucket;
  readonly alarms: readonly Alarm[];
  /** What the alarms notify. */
  readonly alarmTopic: ITopic;
  readonly noticeRule: Rule;
  /** State Manager's: it installs the guard on instances tagged `spot-guard=enabled`. */
  readonly installAssociation: CfnAssociation;
  /** State Manager's: it takes the guard off instances tagged `spot-guard=remove`. */
  readonly removeAssociation: CfnAssociation;
  /** What the guard may do with an instance's own role: read tags. See `grantInstance`. */
  readonly instancePolicy: ManagedPolicy;

  /** @throws WrongSettings that names every fault of `props`, names that there are not included */
  constructor(scope: Construct, id: string, props: SpotGuardProps = {}) {
    super(scope, id);
    const checked = checkProps(props);
    this.bucket = outcomesBucket(this, 'Bucket');
    this.document = builtDocument(this, 'Document', 'graceful-shutdown', {
      [REPORTS_PARAMETER]: this.bucket.bucketName,
    });
    const overflow = overflowQueues(this, 'Overflow');
    this.overflowQueue = overflow.queue;
    this.noticeDeadLetters = overflow.deadLetters;
    const { queue: settlement, deadLetters } = settlementQueues(this, 'Settlement');
    this.settlementQueue = settlement;
    this.settlementDeadLetters = deadLetters;
    const requests = fleetQueues(this, 'FleetRequests');
    this.fleetQueue = requests.queue;
    this.fleetDeadLetters = requests.deadLetters;
    this.logGroup = new LogGroup(this, 'Log', {
      retention: checked.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { document, logGroup: log, bucket } = this;
    const common = { document, overflow, settlement, fleetRequests: requests.queue, bucket, log, checked };
    this.respondFunction = respondFunction(this, 'Respond', common).function;
    this.settleFunction = settleFunction(this, 'Settle', common).function;
    this.coverageFunction = coverageFunction(this, 'Coverage', common).function;
    this.fleetFunction = fleetFunction(this, 'Fleet', { requests, log, checked }).function;
    this.noticeRule = noticeRule(this, 'Notices', this.respondFunction, overflow.queue);
    const install = new Install(this, 'Install', checked, bucket);
    this.installAssociation = install.installAssociation;
    this.removeAssociation = install.removeAssociation;
    this.instancePolicy = instancePolicy(this, 'InstancePolicy', bucket);
    this.alarmTopic = alarmTopic(this, 'AlarmTopic', checked);
    const watched = {
      respond: this.respondFunction,
      settle: this.settleFunction,
      coverage: this.coverageFunction,
      rule: this.noticeRule,
      overflow: overflow.queue,
      noticeDeadLetters: overflow.deadLetters,
      settlement,
      ticketDeadLetters: deadLetters,
      fleet: this.fleetFunction,
      fleetRequests: requests.queue,
      fleetDeadLetters: requests.deadLetters,
    };
    this.alarms = new Alarms(this, 'Alarms', watched, this.alarmTopic, checked).all;
  }

  /**
   * Attaches `instancePolicy` to the role of an instance profile. It does not make the instance a managed node: that
   * is for another policy of the role, or for Default Host Management Configuration.
   */
  grantInstance(role: IRole): void {
    role.addManagedPolicy(this.instancePolicy);
  }

  /**
   * docs/reference.md says what each is. By default over 5 minutes: counts and bytes summed up, of times from a notice to
   * something the longest, of seconds to spare the least.
   */
  metric(name: MetricName, props?: MetricOptions): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName: name,
      dimensionsMap: { service: METRIC_SERVICE },
      statistic: STATISTICS[name] ?? Stats.SUM,
      ...props,
    }).attachTo(this);
  }
}

const STATISTICS: Partial<Record<MetricName, string>> = {
  [METRICS.noticeToCommand]: Stats.MAXIMUM,
  [METRICS.noticeToFirstStage]: Stats.MAXIMUM,
  [METRICS.noticeToSaved]: Stats.MAXIMUM,
  [METRICS.secondsToSpare]: Stats.MINIMUM,
};
