// Takes instances out of the target groups that are tagged for it: no new connection comes to them any more.
import { FLEET_ACTIONS, SETTING_TAG_PREFIX } from '../../contract/tags.ts';
import { CallFailed, type FleetPorts, type Target } from '../ports.ts';
import { both, type Ended, endOf } from './ended.ts';

/** Target groups at a time: one whose calls hang keeps no other waiting. */
const AT_ONCE = 10;
/** Elastic Load Balancing publishes no limit, and has refused calls with several hundred (kubernetes/kubernetes#101592). */
const DEREGISTERED_AT_ONCE = 100;
/** A target that is not there is no fault, says the API reference, and lists a fault for one that is not there. */
const NOT_THERE = ['InvalidTarget', 'InvalidTargetException'];
/** Deleted since, while the index of tags still has it. */
const GONE = ['TargetGroupNotFound', 'TargetGroupNotFoundException'];

/** The end for each instance. @throws CallFailed where not even the target groups can be found */
export async function deregister(
  instanceIds: readonly string[],
  untilMs: number,
  ports: FleetPorts,
): Promise<ReadonlyMap<string, Ended>> {
  const key = `${SETTING_TAG_PREFIX}deregister`;
  const groups = await ports.targetGroupsTagged(key, FLEET_ACTIONS.deregister, untilMs);
  const reason = groups.length === 0 ? 'NoTargetGroupTagged' : 'NotATarget';
  const none: Ended = { kind: 'skipped', reason };
  const ends = new Map<string, Ended>(instanceIds.map((id) => [id, none]));
  const waiting = [...groups];
  const worker = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      const ended = await takeOut(group, instanceIds, untilMs, ports);
      for (const [id, end] of ended) ends.set(id, both(ends.get(id) ?? none, end));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return ends;
}

/** The end for each that is a target of the group. */
async function takeOut(
  group: string,
  instanceIds: readonly string[],
  untilMs: number,
  ports: FleetPorts,
): Promise<[string, Ended][]> {
  let targets: readonly Target[];
  try {
    targets = (await ports.targetsOf(group, untilMs)).filter(({ id }) => instanceIds.includes(id));
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    // Until its targets are known, any may be one.
    return GONE.includes(error.reason) ? [] : instanceIds.map((id) => [id, endOf(error)]);
  }
  const out: Ended = { kind: 'done', groups: [nameOf(group)] };
  const ends = new Map<string, Ended>(targets.map(({ id }) => [id, out]));
  const served = targets.filter(({ draining }) => !draining);
  for (let from = 0; from < served.length; from += DEREGISTERED_AT_ONCE) {
    const some = served.slice(from, from + DEREGISTERED_AT_ONCE);
    for (const [id, end] of await deregisterAll(group, some, untilMs, ports)) ends.set(id, end);
  }
  return [...ends];
}

/** The ends of those that are not out. One that is refused keeps nobody else in. */
async function deregisterAll(
  group: string,
  targets: readonly Target[],
  untilMs: number,
  ports: FleetPorts,
): Promise<[string, Ended][]> {
  try {
    await ports.deregister(group, targets, untilMs);
    return [];
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    if (GONE.includes(error.reason)) return [];
    const isRefusal = NOT_THERE.includes(error.reason);
    if (!isRefusal) return targets.map(({ id }) => [id, endOf(error)]);
    // Whether it is out already, the next look at the group will show.
    if (targets.length === 1) return targets.map(({ id }) => [id, { kind: 'again', reason: error.reason }]);
    const half = Math.ceil(targets.length / 2);
    const first = await deregisterAll(group, targets.slice(0, half), untilMs, ports);
    return [...first, ...(await deregisterAll(group, targets.slice(half), untilMs, ports))];
  }
}

/** Of an ARN: `...:targetgroup/NAME/ID`. */
function nameOf(targetGroup: string): string {
  return targetGroup.split('/')[1] ?? targetGroup;
}
