// The stack of a deployment. It composes, and tells the user what to use next.
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { GUARD_TAG, GUARD_TAG_REMOVE, GUARD_TAG_VALUE } from '../contract/tags.ts';
import { checkProps } from './props.ts';
import type { SpotGuardProps } from './settings.ts';
import { SpotGuard } from './spot-guard.ts';

export interface SpotGuardStackProps extends StackProps, SpotGuardProps {}

/** What is the stack's own among its props; all others must be SpotGuard's. The compiler sees to it that it is whole. */
const STACK_PROPS: Readonly<Record<keyof StackProps, true>> = {
  analyticsReporting: true,
  crossRegionReferences: true,
  description: true,
  env: true,
  notificationArns: true,
  permissionsBoundary: true,
  propertyInjectors: true,
  stackName: true,
  suppressTemplateIndentation: true,
  synthesizer: true,
  tags: true,
  terminationProtection: true,
};

export class SpotGuardStack extends Stack {
  readonly spotGuard: SpotGuard;

  /** @throws WrongSettings that names every fault of `props`, names that there are not included */
  constructor(scope: Construct, id: string, props: SpotGuardStackProps = {}) {
    super(scope, id, {
      description: 'SpotGuard: makes the two minutes before a Spot interruption count',
      ...props,
    });
    checkProps(props, Object.keys(STACK_PROPS));
    const own = Object.entries(props).filter(([name]) => !Object.hasOwn(STACK_PROPS, name));
    this.spotGuard = new SpotGuard(this, 'SpotGuard', Object.fromEntries(own));
    const { document, respondFunction, overflowQueue, logGroup, bucket, alarmTopic } = this.spotGuard;
    const { installAssociation, removeAssociation, instancePolicy } = this.spotGuard;
    this.#output('NextTag', 'Tag your Spot instances so, to guard them', `${GUARD_TAG}=${GUARD_TAG_VALUE}`);
    this.#output('DocumentName', 'The SSM document that runs on an instance', document.ref);
    this.#output('FunctionName', 'The function that answers notices', respondFunction.functionName);
    this.#output('LogGroupName', 'Where the functions say what became of each notice', logGroup.logGroupName);
    this.#output('OverflowQueueUrl', 'Notices that could not be answered at once', overflowQueue.queueUrl);
    this.#output(
      'NoticeDeadLetterQueueUrl',
      'Notices that were given up',
      this.spotGuard.noticeDeadLetters.queueUrl,
    );
    this.#output(
      'SettlementDeadLetterQueueUrl',
      'Tickets that could not be settled',
      this.spotGuard.settlementDeadLetters.queueUrl,
    );
    this.#output(
      'FleetDeadLetterQueueUrl',
      'Fleet actions that could not be done',
      this.spotGuard.fleetDeadLetters.queueUrl,
    );
    this.#output('BucketName', 'Outcomes, an object for each notice, by day', bucket.bucketName);
    this.#output('AlarmTopicArn', 'What the alarms notify', alarmTopic.topicArn);
    this.#output(
      'InstancePolicyArn',
      'Attach it to the role of your instance profile: the guard then reads its tags and leaves its report',
      instancePolicy.managedPolicyArn,
    );
    this.#output(
      'InstallAssociationId',
      'Installs the guard on tagged instances; to run it now: aws ssm start-associations-once --association-ids ID',
      installAssociation.ref,
    );
    this.#output(
      'RemoveAssociationId',
      `Takes the guard off instances tagged ${GUARD_TAG}=${GUARD_TAG_REMOVE}; to run it now, likewise`,
      removeAssociation.ref,
    );
  }

  #output(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value });
  }
}
