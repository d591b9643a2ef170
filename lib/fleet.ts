// The function that does what instances ask for beside the command, and its way to their requests. Its role is its own:
// it can send no command, and what it changes must be tagged for it.
import { Stack } from 'aws-cdk-lib';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { FLEET_ACTIONS, type FleetAction, SETTING_TAG_PREFIX } from '../contract/tags.ts';
import { FLEET_TIMEOUT_SECONDS } from './fleet-requests.ts';
import { GuardFunction, readingOf } from './function.ts';
import type { QueuePair } from './queue-pair.ts';
import type { Checked } from './settings.ts';

interface FleetProps {
  readonly requests: QueuePair;
  readonly log: LogGroup;
  readonly checked: Checked;
}

/** Messages a call. More would need a window, for which a queue that is quiet waits; the function draws the others. */
const BATCH = 10;
/** Calls at once: the APIs that it calls are for others too. */
const READERS = 3;

const REASON = 'Any may be tagged. The condition on its tag decides which may be changed.';

export function fleetFunction(
  scope: Construct,
  id: string,
  { requests, log, checked }: FleetProps,
): GuardFunction {
  const stack = Stack.of(scope);
  const { queue, deadLetters } = requests;
  const tagged = (action: FleetAction) => ({
    StringEquals: { [`aws:ResourceTag/${SETTING_TAG_PREFIX}${action}`]: FLEET_ACTIONS[action] },
  });
  const fleet = new GuardFunction(scope, id, {
    name: 'fleet',
    description: 'SpotGuard: takes interrupted instances out of target groups and Auto Scaling groups',
    log,
    logLevel: checked.logLevel,
    memorySize: 256,
    timeoutSeconds: FLEET_TIMEOUT_SECONDS,
    variables: { fleetQueue: queue.queueUrl, deadLetterQueue: deadLetters.queueUrl },
    allowed: [
      {
        actions: [
          'tag:GetResources',
          'elasticloadbalancing:DescribeTargetHealth',
          'autoscaling:DescribeAutoScalingInstances',
          'autoscaling:DescribeAutoScalingGroups',
        ],
        resources: [],
      },
      {
        actions: ['elasticloadbalancing:DeregisterTargets'],
        resources: [
          stack.formatArn({ service: 'elasticloadbalancing', resource: 'targetgroup', resourceName: '*' }),
        ],
        conditions: tagged('deregister'),
        reason: REASON,
      },
      {
        actions: ['autoscaling:DetachInstances'],
        // The first wildcard is for an id that only Auto Scaling knows.
        resources: [
          stack.formatArn({
            service: 'autoscaling',
            resource: 'autoScalingGroup:*:autoScalingGroupName',
            resourceName: '*',
          }),
        ],
        conditions: tagged('replace'),
        reason: REASON,
      },
      readingOf(queue),
      { actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] },
    ],
  });
  fleet.reads('Asked', queue, { batchSize: BATCH, concurrency: READERS });
  return fleet;
}
