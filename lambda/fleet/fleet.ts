// One fleet action for all instances that ask for it together. No instance keeps another from what it asks for.
import type { FleetRequest } from '../../contract/fleet.ts';
import type { FleetAction } from '../../contract/tags.ts';
import { CallFailed, type FleetPorts } from '../ports.ts';
import { deregister } from './deregister.ts';
import { type Ended, endOf } from './ended.ts';
import { replace } from './replace.ts';

export type Acted = Ended & { readonly request: FleetRequest };

const ACTIONS = { deregister, replace } as const;
const TOO_LATE: Ended = { kind: 'failed', reason: 'DeadlinePassed' };

/**
 * @param requests all of this action
 * @param untilMs epoch milliseconds
 */
export async function act(
  action: FleetAction,
  requests: readonly FleetRequest[],
  untilMs: number,
  ports: FleetPorts,
): Promise<Acted[]> {
  const nowMs = ports.now();
  const isInTime = ({ deadline }: FleetRequest): boolean => deadline * 1000 > nowMs;
  const ids = [...new Set(requests.filter(isInTime).map(({ instanceId }) => instanceId))];
  const ends = ids.length === 0 ? new Map<string, Ended>() : await endsOf(action, ids, untilMs, ports);
  return requests.map((request) => ({
    request,
    ...(isInTime(request) ? (ends.get(request.instanceId) ?? TOO_LATE) : TOO_LATE),
  }));
}

async function endsOf(
  action: FleetAction,
  ids: readonly string[],
  untilMs: number,
  ports: FleetPorts,
): Promise<ReadonlyMap<string, Ended>> {
  try {
    return await ACTIONS[action](ids, untilMs, ports);
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    return new Map(ids.map((id) => [id, endOf(error)]));
  }
}
