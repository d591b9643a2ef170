// The function that does what instances ask for beside the command, and its way to their requests. Its role is its own:
// it can send no command, and what it changes must be tagged for it.
import { Stack } from 'aws-cdk-lib';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { FLEET_ACTIONS, type FleetAction, SETTING_TAG_PREFIX } from '../contract/tags.ts';
import { FLEET_TIMEOUT_SECONDS } from './fleet-requests.ts';
import { GuardFunction } from './function.ts';
import type { Checked } from './settings.ts';

interface FleetProps {
  readonly requests: IQueue;
  readonly log: LogGroup;
  readonly checked: Checked;
}

/** Requests a call. In a flood one call of an API is for many of them. */
const BATCH = 100;
/** Lambda gathers more than ten only where it may wait. */
const WINDOW_SECONDS = 1;
/** Calls at once, and Lambda allows no fewer: the APIs that it calls are for others too. */
const CONCURRENCY = 2;

const REASON = 'Any may be tagged. The condition on its tag decides which may be changed.';

export function fleetFunction(
  scope: Construct,
  id: string,
  { requests, log, checked }: FleetProps,
): GuardFunction {
  const stack = Stack.of(scope);
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
    variables: {},
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
      {
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [requests.queueArn],
      },
    ],
  });
  fleet.reads('Requests', requests, {
    batchSize: BATCH,
    concurrency: CONCURRENCY,
    windowSeconds: WINDOW_SECONDS,
  });
  return fleet;
}
