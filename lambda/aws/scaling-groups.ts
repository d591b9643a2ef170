// Auto Scaling groups: which one an instance is in, what the group is set to, and taking instances out of it.
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DetachInstancesCommand,
} from '@aws-sdk/client-auto-scaling';
import { CallFailed, type GroupMember, type ScalingGroup, SomeRefused } from '../ports.ts';
import { CONFIG } from './clients.ts';
import { callUntil } from './retry.ts';

/** DescribeAutoScalingInstances takes no more ids (API reference, InstanceIds); of names 50 fill a page. */
const ASKED_AT_ONCE = 50;
const DETACH = 'DetachInstances';
/** One of the instances is not in the group any more, or not in service. */
const REFUSAL = 'ValidationError';
const INSTANCE_IDS = /\bi-[0-9a-f]{8,17}\b/g;

export const newAutoScalingClient = (): AutoScalingClient => new AutoScalingClient(CONFIG);

export async function groupMembers(
  autoScaling: AutoScalingClient,
  instanceIds: readonly string[],
  untilMs: number,
): Promise<GroupMember[]> {
  const found = await inSlices(instanceIds, ASKED_AT_ONCE, async (ids) => {
    const request = new DescribeAutoScalingInstancesCommand({ InstanceIds: [...ids] });
    const answer = await callUntil('DescribeAutoScalingInstances', untilMs, (requestTimeout) =>
      autoScaling.send(request, { requestTimeout }),
    );
    return answer.AutoScalingInstances ?? [];
  });
  return found.flatMap(({ InstanceId, AutoScalingGroupName, LifecycleState = '' }) =>
    InstanceId === undefined || AutoScalingGroupName === undefined
      ? []
      : [{ instanceId: InstanceId, group: AutoScalingGroupName, lifecycleState: LifecycleState }],
  );
}

export async function scalingGroups(
  autoScaling: AutoScalingClient,
  names: readonly string[],
  untilMs: number,
): Promise<ScalingGroup[]> {
  const found = await inSlices(names, ASKED_AT_ONCE, async (some) => {
    const request = new DescribeAutoScalingGroupsCommand({
      AutoScalingGroupNames: [...some],
      // A large group's instances are some hundred kB that nobody here reads.
      IncludeInstances: false,
      MaxRecords: ASKED_AT_ONCE,
    });
    const answer = await callUntil('DescribeAutoScalingGroups', untilMs, (requestTimeout) =>
      autoScaling.send(request, { requestTimeout }),
    );
    return answer.AutoScalingGroups ?? [];
  });
  return found.flatMap(({ AutoScalingGroupName: name, Tags, CapacityRebalance, SuspendedProcesses }) =>
    name === undefined
      ? []
      : [
          {
            name,
            tags: new Map((Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
            capacityRebalance: CapacityRebalance === true,
            suspended: (SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []),
          },
        ],
  );
}

export async function detach(
  autoScaling: AutoScalingClient,
  group: string,
  instanceIds: readonly string[],
  untilMs: number,
): Promise<void> {
  const request = new DetachInstancesCommand({
    AutoScalingGroupName: group,
    InstanceIds: [...instanceIds],
    ShouldDecrementDesiredCapacity: false,
  });
  await callUntil(DETACH, untilMs, (requestTimeout) => autoScaling.send(request, { requestTimeout })).catch(
    (error: unknown) => {
      if (!(error instanceof CallFailed && error.reason === REFUSAL)) throw error;
      const words = error.cause instanceof Error ? error.cause.message : '';
      throw new SomeRefused(DETACH, error.reason, words.match(INSTANCE_IDS) ?? [], error);
    },
  );
}

async function inSlices<T, R>(
  all: readonly T[],
  size: number,
  ask: (some: readonly T[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const found: R[] = [];
  for (let from = 0; from < all.length; from += size)
    found.push(...(await ask(all.slice(from, from + size))));
  return found;
}
