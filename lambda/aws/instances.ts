// ec2:DescribeInstances by filter: the larger bucket of calls, and an unknown id does not fail the others.
import { type Instance as Described, DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { Instance } from '../domain/instance.ts';
import { callUntil } from './retry.ts';

/** A filter takes 200 values, and a page holds at most 1,000 instances. */
export async function describeInstances(
  ec2: EC2Client,
  instanceIds: readonly string[],
  untilMs: number,
): Promise<Instance[]> {
  const found: Instance[] = [];
  let token: string | undefined;
  do {
    const page = new DescribeInstancesCommand({
      Filters: [{ Name: 'instance-id', Values: [...instanceIds] }],
      ...(token === undefined ? {} : { NextToken: token }),
    });
    const answer = await callUntil('DescribeInstances', untilMs, (requestTimeout) =>
      ec2.send(page, { requestTimeout }),
    );
    for (const reservation of answer.Reservations ?? []) {
      found.push(...(reservation.Instances ?? []).flatMap(toInstance));
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
