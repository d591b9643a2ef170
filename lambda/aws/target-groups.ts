// Target groups of load balancers: which carry a tag, what is in one, and taking targets out of it.
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import type { Target } from '../ports.ts';
import { CONFIG } from './clients.ts';
import { callUntil } from './retry.ts';

/** Target groups a page: GetResources gives no more. */
const PAGE = 100;

export const newElbClient = (): ElasticLoadBalancingV2Client => new ElasticLoadBalancingV2Client(CONFIG);
export const newTaggingClient = (): ResourceGroupsTaggingAPIClient =>
  new ResourceGroupsTaggingAPIClient(CONFIG);

/** One call for all of them, where Elastic Load Balancing would be asked for the tags of each 20. */
export async function targetGroupsTagged(
  tagging: ResourceGroupsTaggingAPIClient,
  key: string,
  value: string,
  untilMs: number,
): Promise<string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = new GetResourcesCommand({
      ResourceTypeFilters: ['elasticloadbalancing:targetgroup'],
      TagFilters: [{ Key: key, Values: [value] }],
      ResourcesPerPage: PAGE,
      ...(token === undefined ? {} : { PaginationToken: token }),
    });
    const answer = await callUntil('GetResources', untilMs, (requestTimeout) =>
      tagging.send(page, { requestTimeout }),
    );
    found.push(...(answer.ResourceTagMappingList ?? []).flatMap(({ ResourceARN }) => ResourceARN ?? []));
    token = answer.PaginationToken === '' ? undefined : answer.PaginationToken;
  } while (token !== undefined);
  return found;
}

/** Without naming targets, for one may be registered with several ports, of which only the group itself knows. */
export async function targetsOf(
  elb: ElasticLoadBalancingV2Client,
  targetGroup: string,
  untilMs: number,
): Promise<Target[]> {
  const request = new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup });
  const answer = await callUntil('DescribeTargetHealth', untilMs, (requestTimeout) =>
    elb.send(request, { requestTimeout }),
  );
  return (answer.TargetHealthDescriptions ?? []).flatMap(({ Target: target, TargetHealth: health }) =>
    target?.Id === undefined
      ? []
      : [{ id: target.Id, port: target.Port, draining: health?.State === 'draining' }],
  );
}

/** A target that is gone already is no fault. */
export async function deregister(
  elb: ElasticLoadBalancingV2Client,
  targetGroup: string,
  targets: readonly Target[],
  untilMs: number,
): Promise<void> {
  const request = new DeregisterTargetsCommand({
    TargetGroupArn: targetGroup,
    Targets: targets.map(({ id, port }) => ({ Id: id, ...(port === undefined ? {} : { Port: port }) })),
  });
  await callUntil('DeregisterTargets', untilMs, (requestTimeout) => elb.send(request, { requestTimeout }));
}
