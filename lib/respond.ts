// The function that answers notices, and its way to those that wait.
import { Duration, Stack } from 'aws-cdk-lib';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../contract/tags.ts';
import { GuardFunction, readingOf } from './function.ts';
import type { QueuePair } from './queue-pair.ts';
import { type Checked, defaultsOf } from './settings.ts';

interface RespondProps {
  readonly document: CfnDocument;
  readonly overflow: QueuePair;
  readonly settlement: IQueue;
  readonly fleetRequests: IQueue;
  readonly log: LogGroup;
  readonly checked: Checked;
}

/** Messages a call. More would need a window, for which a queue that is quiet waits; the function draws the others. */
const BATCH = 10;

/** Calls at once: all of them share the buckets of EC2's and SSM's calls with each other. */
const READERS = 3;

export function respondFunction(
  scope: Construct,
  id: string,
  { document, overflow, settlement, fleetRequests, log, checked }: RespondProps,
): GuardFunction {
  const stack = Stack.of(scope);
  const { queue, deadLetters } = overflow;
  const respond = new GuardFunction(scope, id, {
    name: 'respond',
    description: 'SpotGuard: answers Spot interruption notices with a command to the instance',
    log,
    logLevel: checked.logLevel,
    // A third of a processor: memory here buys the speed of the cold start.
    memorySize: 512,
    timeoutSeconds: 10,
    ...(checked.reservedConcurrency === undefined
      ? {}
      : { reservedConcurrentExecutions: checked.reservedConcurrency }),
    variables: {
      document: document.ref,
      defaults: JSON.stringify(defaultsOf(checked)),
      settlementQueue: settlement.queueUrl,
      overflowQueue: queue.queueUrl,
      deadLetterQueue: deadLetters.queueUrl,
      fleetQueue: fleetRequests.queueUrl,
    },
    // Lambda's own retries come after one and two minutes, when it is too late.
    retryAttempts: 0,
    maxEventAge: Duration.seconds(60),
    // Not SqsDestination: it also grants two calls that Lambda does not make.
    onFailure: { bind: () => ({ destination: queue.queueArn }) },
    allowed: [
      { actions: ['ec2:DescribeInstances'], resources: [] },
      {
        actions: ['ssm:SendCommand'],
        resources: [stack.formatArn({ service: 'ssm', resource: 'document', resourceName: document.ref })],
      },
      // The tag opts an instance in, even if the code were wrong.
      {
        actions: ['ssm:SendCommand'],
        resources: [stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' })],
        conditions: { StringEquals: { [`ssm:resourceTag/${GUARD_TAG}`]: GUARD_TAG_VALUE } },
        reason: 'Any instance may be tagged. The condition on its tag decides to which a command may go.',
      },
      // The first for Lambda, that hands on in the function's name what the function could not answer.
      {
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn, settlement.queueArn, deadLetters.queueArn, fleetRequests.queueArn],
      },
      readingOf(queue),
    ],
  });
  respond.reads('Waiting', queue, { batchSize: BATCH, concurrency: READERS });
  return respond;
}
