// Lambda's entry: requests from the fleet queue. What may work another time comes back when its visibility ends.
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { FleetRequest } from '../../contract/fleet.ts';
import { tell } from '../aws/fleet-recorder.ts';
import { detach, groupMembers, newAutoScalingClient, scalingGroups } from '../aws/scaling-groups.ts';
import {
  deregister,
  newElbClient,
  newTaggingClient,
  targetGroupsTagged,
  targetsOf,
} from '../aws/target-groups.ts';
import { FLEET_ACTION_NAMES, parseRequest } from '../domain/fleet-request.ts';
import type { FleetPorts } from '../ports.ts';
import { act } from './fleet.ts';

/** Milliseconds of Lambda's time kept back to say what was done. */
const MARGIN_MS = 2_000;

const [elb, tagging, autoScaling] = [newElbClient(), newTaggingClient(), newAutoScalingClient()];
const ports: FleetPorts = {
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
  const failures: string[] = [];
  const messages = new Map<FleetRequest, string>();
  for (const { messageId, body } of Records) {
    const parsed = parseRequest(body);
    if ('request' in parsed) messages.set(parsed.request, messageId);
    else {
      tell([{ kind: 'malformed', reason: parsed.fault }]);
      failures.push(messageId);
    }
  }
  // Side by side, and each is told of when it ends: neither action keeps the other from anything.
  await Promise.all(
    FLEET_ACTION_NAMES.map(async (action) => {
      const asked = [...messages.keys()].filter(({ fleetAction }) => fleetAction === action);
      const acted = await act(action, asked, untilMs, ports);
      tell(acted);
      for (const { kind, request } of acted) {
        if (kind === 'again') failures.push(messages.get(request) ?? '');
      }
    }),
  );
  return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
}
