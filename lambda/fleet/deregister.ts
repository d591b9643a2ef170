// Takes instances out of the target groups that are tagged for it: no new connection comes to them any more.
import { FLEET_ACTIONS, SETTING_TAG_PREFIX } from '../../contract/tags.ts';
import { CallFailed, type FleetPorts, type Target } from '../ports.ts';
import { both, type Ended, endOf } from './ended.ts';

/** Target groups at a time: one whose calls hang keeps no other waiting. */
const AT_ONCE = 10;
/** API reference: a target that is not there is no fault. And it lists a fault for one that is not there. */
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
  // Until its targets are known, any may be one.
  let concerned = instanceIds;
  const all = (end: Ended): [string, Ended][] => concerned.map((id) => [id, end]);
  try {
    const targets = (await ports.targetsOf(group, untilMs)).filter(({ id }) => instanceIds.includes(id));
    concerned = targets.map(({ id }) => id);
    const served = targets.filter(({ draining }) => !draining);
    await deregisterAll(group, served, untilMs, ports);
    return all({ kind: 'done', groups: [nameOf(group)] });
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    return GONE.includes(error.reason) ? [] : all(endOf(error));
  }
}

/** One that is gone since keeps nobody else in. */
async function deregisterAll(
  group: string,
  targets: readonly Target[],
  untilMs: number,
  ports: FleetPorts,
): Promise<void> {
  if (targets.length === 0) return;
  try {
    await ports.deregister(group, targets, untilMs);
  } catch (error) {
    if (!(error instanceof CallFailed) || !NOT_THERE.includes(error.reason)) throw error;
    if (targets.length === 1) return;
    for (const target of targets) await deregisterAll(group, [target], untilMs, ports);
  }
}

/** Of an ARN: `...:targetgroup/NAME/ID`. */
function nameOf(targetGroup: string): string {
  return targetGroup.split('/')[1] ?? targetGroup;
}
