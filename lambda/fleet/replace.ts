// Takes instances out of their Auto Scaling group, that keeps its desired capacity and so launches others at once,
// instead of when the instance is gone and has failed its health check.
import { FLEET_ACTIONS, SETTING_TAG_PREFIX } from '../../contract/tags.ts';
import { CallFailed, type FleetPorts, type GroupMember, type ScalingGroup, SomeRefused } from '../ports.ts';
import { type Ended, endOf } from './ended.ts';

/** DetachInstances takes no more. */
const DETACHED_AT_ONCE = 20;
/** In no other state can an instance be detached. */
const IN_SERVICE = 'InService';

/** The end for each instance. @throws CallFailed where not even their groups can be found */
export async function replace(
  instanceIds: readonly string[],
  untilMs: number,
  ports: FleetPorts,
): Promise<ReadonlyMap<string, Ended>> {
  const ends = new Map<string, Ended>(
    instanceIds.map((id) => [id, { kind: 'skipped', reason: 'NotInGroup' }]),
  );
  const members = await ports.groupMembers(instanceIds, untilMs);
  const names = [...new Set(members.map(({ group }) => group))];
  const groups = new Map(
    (names.length === 0 ? [] : await ports.scalingGroups(names, untilMs)).map((group) => [group.name, group]),
  );
  const byGroup = new Map<string, string[]>();
  for (const member of members) {
    const reason = whyNot(member, groups.get(member.group));
    if (reason !== undefined) ends.set(member.instanceId, { kind: 'skipped', reason });
    else byGroup.set(member.group, [...(byGroup.get(member.group) ?? []), member.instanceId]);
  }
  await Promise.all(
    [...byGroup].map(async ([group, own]) => {
      for (let from = 0; from < own.length; from += DETACHED_AT_ONCE) {
        const some = own.slice(from, from + DETACHED_AT_ONCE);
        for (const [id, end] of await detachAll(group, some, untilMs, ports)) ends.set(id, end);
      }
    }),
  );
  return ends;
}

function whyNot({ lifecycleState }: GroupMember, group: ScalingGroup | undefined): string | undefined {
  if (group === undefined) return 'NotInGroup';
  if (group.tags.get(`${SETTING_TAG_PREFIX}replace`) !== FLEET_ACTIONS.replace) return 'GroupNotTagged';
  // It launches others on its own, before the notice or with it.
  if (group.capacityRebalance) return 'CapacityRebalancing';
  // None would come in its place.
  if (group.suspended.includes('Launch')) return 'LaunchSuspended';
  return lifecycleState === IN_SERVICE ? undefined : 'NotInService';
}

/** One that has left its group meanwhile is refused with all others of its call: by name, else it is found by halving. */
async function detachAll(
  group: string,
  ids: readonly string[],
  untilMs: number,
  ports: FleetPorts,
): Promise<[string, Ended][]> {
  if (ids.length === 0) return [];
  const all = (end: Ended): [string, Ended][] => ids.map((id) => [id, end]);
  try {
    await ports.detach(group, ids, untilMs);
    return all({ kind: 'done', groups: [group] });
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    const named = error instanceof SomeRefused ? ids.filter((id) => error.named.includes(id)) : [];
    if (!(error instanceof SomeRefused) || (named.length === 0 && ids.length === 1)) return all(endOf(error));
    const left = ids.filter((id) => !named.includes(id));
    const half = named.length > 0 ? left.length : Math.ceil(left.length / 2);
    return [
      ...named.map((id): [string, Ended] => [id, { kind: 'skipped', reason: 'NotInService' }]),
      ...(await detachAll(group, left.slice(0, half), untilMs, ports)),
      ...(await detachAll(group, left.slice(half), untilMs, ports)),
    ];
  }
}
