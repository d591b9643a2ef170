// The construct: a rule, a function and a queue; documents, what installs the guard, and a policy for instances.
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Rule } from 'aws-cdk-lib/aws-events';
import type { IRole, ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { CfnAssociation, CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE, METRIC_SERVICE, METRICS } from '../contract/metrics.ts';
import { builtDocument } from './document.ts';
import { Install } from './install.ts';
import { instancePolicy } from './instance-access.ts';
import { noticeRule } from './notices.ts';
import { overflowQueue } from './overflow.ts';
import { checkProps } from './props.ts';
import { Respond } from './respond.ts';
import type { SpotGuardProps } from './settings.ts';

/**
 * Answers every Spot interruption notice of the account and Region: a command runs the plan on the instance, if that
 * is tagged `spot-guard=enabled`. A rebalance recommendation is answered likewise, to save and go on, if the instance is
 * tagged `spot-guard:rebalance=save` too; all others are declined.
 *
 * ## Limitations
 *
 * - One in each account and Region. A second would answer the same notices; the instance runs its plan once all the
 *   same, but the metrics of the two are one.
 * - State Manager installs the guard, as a service, on instances tagged so: within half an hour where one runs already.
 * - `npm run build` must have run: the function and the documents are read from `dist`.
 * - Whoever may tag an instance (`ec2:CreateTags`) can opt it in.
 * - EC2 emits notices on a best effort basis. A notice that never comes is not answered.
 * - A notice that could not be answered waits in the overflow queue for 14 days; nothing reads it yet.
 * - It costs nothing while no instance is interrupted.
 * - Removing the stack removes the log and the queue with what they hold. Instances keep what the guard left on them:
 *   tag them `spot-guard=remove` first, and wait for the association that takes it off.
 */
export class SpotGuard extends Construct {
  /** The SSM document of a graceful shutdown. Its name changes with its content. */
  readonly document: CfnDocument;
  /** Holds what could not be answered at once: events from the rule, failure records from the function. */
  readonly overflowQueue: Queue;
  readonly respondFunction: LambdaFunction;
  /** The log of `respondFunction`. */
  readonly logGroup: LogGroup;
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
    this.document = builtDocument(this, 'Document', 'graceful-shutdown');
    this.overflowQueue = overflowQueue(this, 'Overflow');
    const respond = new Respond(this, 'Respond', {
      document: this.document,
      overflow: this.overflowQueue,
      checked,
    });
    this.respondFunction = respond.function;
    this.logGroup = respond.logGroup;
    this.noticeRule = noticeRule(this, 'Notices', this.respondFunction, this.overflowQueue);
    const install = new Install(this, 'Install', checked);
    this.installAssociation = install.installAssociation;
    this.removeAssociation = install.removeAssociation;
    this.instancePolicy = instancePolicy(this, 'InstancePolicy');
  }

  /**
   * Attaches `instancePolicy` to the role of an instance profile. It does not make the instance a managed node: that
   * is for another policy of the role, or for Default Host Management Configuration.
   */
  grantInstance(role: IRole): void {
    role.addManagedPolicy(this.instancePolicy);
  }

  /** Events that are no notice for this account and Region. Sum over 5 minutes by default. */
  metricNoticesIgnored(props?: MetricOptions): Metric {
    return this.#metric(METRICS.ignored, props);
  }

  /** Notices for instances that are not tagged. Sum over 5 minutes by default. */
  metricNoticesUnguarded(props?: MetricOptions): Metric {
    return this.#metric(METRICS.unguarded, props);
  }

  /** Notices that were first seen after their deadline. Sum over 5 minutes by default. */
  metricNoticesLate(props?: MetricOptions): Metric {
    return this.#metric(METRICS.late, props);
  }

  /** Notices for guarded instances that were shutting down already. Sum over 5 minutes by default. */
  metricNoticesUnreachable(props?: MetricOptions): Metric {
    return this.#metric(METRICS.unreachable, props);
  }

  /** Rebalance recommendations for instances whose tags ask for nothing then. Sum over 5 minutes by default. */
  metricRecommendationsDeclined(props?: MetricOptions): Metric {
    return this.#metric(METRICS.declined, props);
  }

  /** Notices that were answered with a command. Sum over 5 minutes by default. */
  metricCommandsSent(props?: MetricOptions): Metric {
    return this.#metric(METRICS.commandSent, props);
  }

  /** Notices in time for which no command could be sent. Sum over 5 minutes by default. */
  metricCommandsNotSent(props?: MetricOptions): Metric {
    return this.#metric(METRICS.notSent, props);
  }

  /** Milliseconds from a notice to its command. The slowest within 5 minutes by default. */
  metricNoticeToCommand(props?: MetricOptions): Metric {
    return this.#metric(METRICS.noticeToCommand, { statistic: Stats.MAXIMUM, ...props });
  }

  #metric(metricName: string, props?: MetricOptions): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { service: METRIC_SERVICE },
      statistic: Stats.SUM,
      ...props,
    }).attachTo(this);
  }
}
