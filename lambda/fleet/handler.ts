// Lambda's entry: up to ten requests from the fleet queue, and the function draws more.
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { tell } from '../aws/fleet-recorder.ts';
import { deadLetter, given, putOff, receive, remove } from '../aws/queue.ts';
import { detach, groupMembers, newAutoScalingClient, scalingGroups } from '../aws/scaling-groups.ts';
import {
  deregister,
  newElbClient,
  newTaggingClient,
  targetGroupsTagged,
  targetsOf,
} from '../aws/target-groups.ts';
import { newSqsClient } from '../aws/tickets.ts';
import { readEnvironment } from '../domain/environment.ts';
import { MARGIN_MS, TIDY_MS } from '../domain/margins.ts';
import type { FleetPorts } from '../ports.ts';
import { doRequests } from './requests.ts';

const { fleetQueue, deadLetterQueue } = readEnvironment(process.env, 'fleetQueue', 'deadLetterQueue');
const [sqs, elb, tagging, autoScaling] = [
  newSqsClient(),
  newElbClient(),
  newTaggingClient(),
  newAutoScalingClient(),
];
const ports: FleetPorts = {
  receive: (most, untilMs) => receive(sqs, fleetQueue, most, untilMs),
  deadLetter: (letters, untilMs) => deadLetter(sqs, deadLetterQueue, letters, untilMs),
  remove: (messages, untilMs) => remove(sqs, fleetQueue, messages, untilMs),
  putOff: (messages, untilMs) => putOff(sqs, fleetQueue, messages, untilMs),
  targetGroupsTagged: (key, value, untilMs) => targetGroupsTagged(tagging, key, value, untilMs),
  targetsOf: (group, untilMs) => targetsOf(elb, group, untilMs),
  deregister: (group, targets, untilMs) => deregister(elb, group, targets, untilMs),
  groupMembers: (ids, untilMs) => groupMembers(autoScaling, ids, untilMs),
  scalingGroups: (names, untilMs) => scalingGroups(autoScaling, names, untilMs),
  detach: (group, ids, untilMs) => detach(autoScaling, group, ids, untilMs),
  now: () => Date.now(),
};

export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const untilMs = Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS;
  const times = { actUntilMs: untilMs - TIDY_MS, untilMs };
  const comeAgain = await doRequests(given(Records), times, ports, tell);
  return { batchItemFailures: comeAgain.map(({ id }) => ({ itemIdentifier: id })) };
}
