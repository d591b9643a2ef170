// Auto Scaling as far as `fleet` calls it. Its words for a refusal are those that users report of AWS's.
import type { JsonObject } from '../../template/template.ts';
import type { Fleet, ScalingGroup } from '../fleet.ts';
import { tagContext } from './load-balancing.ts';
import { members, queryProtocol } from './query-protocol.ts';
import { type Service, ServiceFault } from './service.ts';

const query = queryProtocol('http://autoscaling.amazonaws.com/doc/2011-01-01/');
/** Ids or names a call, and instances of a DetachInstances (API reference). */
const ASKED_AT_ONCE = 50;
const DETACHED_AT_ONCE = 20;

export function autoScalingService(fleet: Fleet): Service {
  const named = (input: JsonObject): ScalingGroup | undefined =>
    fleet.scalingGroups.find(({ name }) => name === input.AutoScalingGroupName);
  return {
    name: 'autoscaling',
    ...query,
    touches({ action, input }) {
      if (action !== 'DetachInstances') return [{ resource: '*' }];
      const group = named(input);
      return [{ resource: group?.arn ?? '*', context: tagContext(group?.tags ?? {}) }];
    },
    async answer({ action, input }) {
      if (action === 'DescribeAutoScalingInstances') {
        const found = instances(fleet, input);
        fleet.looked();
        return query.ok(action, { AutoScalingInstances: found });
      }
      if (action === 'DescribeAutoScalingGroups')
        return query.ok(action, { AutoScalingGroups: groups(fleet, input) });
      if (action === 'DetachInstances') return query.ok(action, { Activities: detach(named(input), input) });
      throw new ServiceFault('InvalidAction', `Could not find operation ${action}`);
    },
  };
}

const invalid = (message: string): ServiceFault => new ServiceFault('ValidationError', message);

function instances(fleet: Fleet, input: JsonObject) {
  const ids = members(input, 'InstanceIds');
  if (ids.length > ASKED_AT_ONCE) throw invalid(`The number of instance ids is limited to ${ASKED_AT_ONCE}`);
  return ids.flatMap((id) => {
    const group = fleet.groupOf(id);
    if (!group) return [];
    return [
      {
        InstanceId: id,
        AutoScalingGroupName: group.name,
        AvailabilityZone: 'us-east-1a',
        LifecycleState: group.members.get(id) ?? '',
        HealthStatus: 'HEALTHY',
        ProtectedFromScaleIn: false,
      },
    ];
  });
}

function groups({ scalingGroups }: Fleet, input: JsonObject) {
  const names = members(input, 'AutoScalingGroupNames');
  return scalingGroups
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .slice(0, Number(input.MaxRecords ?? ASKED_AT_ONCE))
    .map((group) => ({
      AutoScalingGroupName: group.name,
      AutoScalingGroupARN: group.arn,
      MinSize: 0,
      MaxSize: group.members.size,
      DesiredCapacity: group.members.size,
      DefaultCooldown: 300,
      AvailabilityZones: ['us-east-1a'],
      HealthCheckType: 'EC2',
      CreatedTime: '2026-01-01T00:00:00.000Z',
      CapacityRebalance: group.capacityRebalance,
      SuspendedProcesses: group.suspended.map((name) => ({ ProcessName: name, SuspensionReason: 'a user' })),
      Tags: Object.entries(group.tags).map(([key, value]) => ({
        Key: key,
        Value: value,
        ResourceId: group.name,
        ResourceType: 'auto-scaling-group',
        PropagateAtLaunch: true,
      })),
    }));
}

/** Nothing is detached where one of them cannot be. */
function detach(group: ScalingGroup | undefined, input: JsonObject) {
  if (!group || group.lost) throw invalid(`AutoScalingGroup name not found - null`);
  const ids = members(input, 'InstanceIds');
  if (ids.length > DETACHED_AT_ONCE) {
    throw invalid(
      'List exceeds the maximum number of instances to detach. Please retry your request with fewer instances.',
    );
  }
  for (const id of ids) {
    const state = group.members.get(id);
    if (state === undefined)
      throw invalid(`The instance ${id} is not part of Auto Scaling group ${group.name}.`);
    if (state !== 'InService' && state !== 'Standby')
      throw invalid(`The instance ${id} is not in InService or Standby.`);
  }
  const decrements = input.ShouldDecrementDesiredCapacity;
  if (decrements !== 'true' && decrements !== 'false')
    throw invalid("Value null at 'shouldDecrementDesiredCapacity' failed to satisfy constraint");
  for (const id of ids) {
    group.members.delete(id);
    if (decrements === 'false') group.launched += 1;
  }
  return ids.map((id) => ({
    ActivityId: crypto.randomUUID(),
    AutoScalingGroupName: group.name,
    Description: `Detaching EC2 instance: ${id}`,
    Cause: 'instance was detached in response to a user request.',
    StartTime: '2026-01-01T00:00:00.000Z',
    StatusCode: 'InProgress',
    Progress: 50,
  }));
}
