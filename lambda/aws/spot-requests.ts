// ec2:DescribeSpotInstanceRequests by filter: with one, it draws on the larger bucket of calls.
import {
  DescribeSpotInstanceRequestsCommand,
  type EC2Client,
  type Filter,
  type SpotInstanceRequest,
} from '@aws-sdk/client-ec2';
import type { SpotRequest } from '../domain/evidence.ts';
import { callUntil } from './retry.ts';

const CALL = 'DescribeSpotInstanceRequests';

/** A persistent request can have had several instances: it tells of the last one. */
export async function describeSpotRequest(
  ec2: EC2Client,
  instanceId: string,
  untilMs: number,
): Promise<SpotRequest | undefined> {
  const [found] = await describe(ec2, { Name: 'instance-id', Values: [instanceId] }, untilMs);
  return found;
}

export function spotRequestsWith(
  ec2: EC2Client,
  statuses: readonly string[],
  untilMs: number,
): Promise<SpotRequest[]> {
  return describe(ec2, { Name: 'status-code', Values: [...statuses] }, untilMs);
}

async function describe(ec2: EC2Client, filter: Filter, untilMs: number): Promise<SpotRequest[]> {
  const found: SpotRequest[] = [];
  let token: string | undefined;
  do {
    const page = new DescribeSpotInstanceRequestsCommand({
      Filters: [filter],
      ...(token === undefined ? {} : { NextToken: token }),
    });
    const answer = await callUntil(CALL, untilMs, (requestTimeout) => ec2.send(page, { requestTimeout }));
    found.push(...(answer.SpotInstanceRequests ?? []).flatMap(toSpotRequest));
    token = answer.NextToken === '' ? undefined : answer.NextToken;
  } while (token !== undefined);
  return found;
}

/** Nothing for one that has no instance, or no status with a time: neither tells of a reclaim. */
function toSpotRequest({ InstanceId, Status }: SpotInstanceRequest): SpotRequest[] {
  const updatedMs = Status?.UpdateTime?.getTime();
  if (InstanceId === undefined || Status?.Code === undefined || updatedMs === undefined) return [];
  return [{ instanceId: InstanceId, status: Status.Code, updatedMs }];
}
