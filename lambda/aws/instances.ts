// ec2:DescribeInstances by filter: the larger bucket of calls, and an unknown id does not fail the others.
import { type Instance as Described, DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { Instance, KnownInstance } from '../domain/instance.ts';
import { callUntil, type Throttled } from './retry.ts';

/** A filter takes 200 values, and a page holds at most 1,000 instances. */
export function describeInstances(
  ec2: EC2Client,
  instanceIds: readonly string[],
  untilMs: number,
  throttled?: Throttled,
): Promise<Instance[]> {
  return describe(ec2, instanceIds, untilMs, toInstance, throttled);
}

/** With what only settling asks for. `respond` does not know those members: see what its bundle reads. */
export async function describeInstance(
  ec2: EC2Client,
  instanceId: string,
  untilMs: number,
): Promise<KnownInstance | undefined> {
  const [found] = await describe(ec2, [instanceId], untilMs, (described) =>
    toInstance(described).map((instance) => {
      const { LaunchTime, InstanceType, Placement } = described;
      const pool = [InstanceType, Placement?.AvailabilityZone].filter((part) => part !== undefined).join(' ');
      return { ...instance, launchedMs: LaunchTime?.getTime(), pool: pool === '' ? undefined : pool };
    }),
  );
  return found;
}

async function describe<T>(
  ec2: EC2Client,
  instanceIds: readonly string[],
  untilMs: number,
  read: (described: Described) => T[],
  throttled?: Throttled,
): Promise<T[]> {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const page = new DescribeInstancesCommand({
      Filters: [{ Name: 'instance-id', Values: [...instanceIds] }],
      ...(token === undefined ? {} : { NextToken: token }),
    });
    const answer = await callUntil(
      'DescribeInstances',
      untilMs,
      (requestTimeout) => ec2.send(page, { requestTimeout }),
      throttled,
    );
    for (const reservation of answer.Reservations ?? []) {
      found.push(...(reservation.Instances ?? []).flatMap(read));
    }
    token = answer.NextToken === '' ? undefined : answer.NextToken;
  } while (token !== undefined);
  return found;
}

/** Nothing for an instance without an id: it cannot be the one asked for. */
function toInstance({ InstanceId, State, Tags }: Described): Instance[] {
  if (InstanceId === undefined) return [];
  const tags = (Tags ?? []).flatMap(({ Key, Value }) =>
    Key === undefined ? [] : [[Key, Value ?? ''] as const],
  );
  return [{ instanceId: InstanceId, state: State?.Name ?? '', tags: new Map(tags) }];
}
