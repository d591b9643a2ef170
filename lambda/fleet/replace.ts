// Takes instances out of their Auto Scaling group, that keeps its desired capacity and so launches others at once,
// instead of when the instance is gone and has failed its health check.
import { FLEET_ACTIONS, SETTING_TAG_PREFIX } from '../../contract/tags.ts';
import { CallFailed, type FleetPorts, type GroupMember, type ScalingGroup, SomeRefused } from '../ports.ts';
import { type Ended, endOf } from './ended.ts';

/** DetachInstances takes no more. */
const DETACHED_AT_ONCE = 20;
/** In no other state can an instance be detached. */
const IN_SERVICE = 'InService';
const BUSY: Ended = { kind: 'skipped', reason: 'NotInService' };

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
    const why = whyNot(member, groups.get(member.group));
    if (why !== undefined) ends.set(member.instanceId, why);
    else byGroup.set(member.group, [...(byGroup.get(member.group) ?? []), member.instanceId]);
  }
  const calls = [...byGroup].flatMap(([group, own]) =>
    Array.from({ length: Math.ceil(own.length / DETACHED_AT_ONCE) }, (_, nth) => {
      const from = nth * DETACHED_AT_ONCE;
      return detachAll(group, own.slice(from, from + DETACHED_AT_ONCE), untilMs, ports);
    }),
  );
  for (const [id, end] of (await Promise.all(calls)).flat()) ends.set(id, end);
  return ends;
}

function whyNot({ lifecycleState }: GroupMember, group: ScalingGroup | undefined): Ended | undefined {
  const skipped = (reason: string): Ended => ({ kind: 'skipped', reason });
  if (group === undefined) return skipped('NotInGroup');
  if (group.tags.get(`${SETTING_TAG_PREFIX}replace`) !== FLEET_ACTIONS.replace) {
    return skipped('GroupNotTagged');
  }
  // It launches others on its own, before the notice or with it.
  if (group.capacityRebalance) return skipped('CapacityRebalancing');
  // None would come in its place.
  if (group.suspended.includes('Launch')) return skipped('LaunchSuspended');
  return lifecycleState === IN_SERVICE ? undefined : BUSY;
}

/** One that cannot be detached is refused with all others of its call. They are looked up again, and the others tried. */
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
    if (!(error instanceof SomeRefused)) return all(endOf(error));
    return detachOthers(group, ids, error, untilMs, ports);
  }
}

async function detachOthers(
  group: string,
  ids: readonly string[],
  refusal: SomeRefused,
  untilMs: number,
  ports: FleetPorts,
): Promise<[string, Ended][]> {
  const members = await ports.groupMembers(ids, untilMs).catch((error: unknown) => {
    if (!(error instanceof CallFailed)) throw error;
    return error;
  });
  if (members instanceof CallFailed) return ids.map((id) => [id, endOf(members)]);
  const states = new Map(members.map((member) => [member.instanceId, member]));
  const ends: [string, Ended][] = [];
  const left: string[] = [];
  for (const id of ids) {
    const member = states.get(id);
    // It was in it before: an answer to an earlier call was lost, or somebody else was quicker.
    if (member?.group !== group) ends.push([id, { kind: 'done', groups: [group] }]);
    else if (member.lifecycleState !== IN_SERVICE) ends.push([id, BUSY]);
    // Auto Scaling tells otherwise with one answer and with the other: the next time will show.
    else if (refusal.named.includes(id)) ends.push([id, { kind: 'again', reason: refusal.reason }]);
    else left.push(id);
  }
  // It refuses for another reason.
  if (left.length === ids.length) return ids.map((id) => [id, endOf(refusal)]);
  return [...ends, ...(await detachAll(group, left, untilMs, ports))];
}
