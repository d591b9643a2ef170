// The use case: what instances ask for beside the command, one action for all of them together.
import type { FleetRequest } from '../../contract/fleet.ts';
import type { FleetAction } from '../../contract/tags.ts';
import { CallFailed, type FleetPorts } from '../ports.ts';
import { deregister } from './deregister.ts';
import { type Ended, endOf } from './ended.ts';
import { replace } from './replace.ts';

export type Acted = Ended & { readonly request: FleetRequest };

/** With less than this left, milliseconds, no other time comes. */
const LAST_MS = 2_000;

const ACTIONS = { deregister, replace } as const;

/**
 * No instance keeps another from what it asks for.
 *
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
  const inTime = requests.filter(({ deadline }) => deadline * 1000 > nowMs);
  const ends = new Map<FleetRequest, Ended>();
  if (inTime.length > 0) {
    const latestMs = Math.max(...inTime.map(({ deadline }) => deadline)) * 1000;
    const ids = [...new Set(inTime.map(({ instanceId }) => instanceId))];
    const byId = await ACTIONS[action](ids, Math.min(untilMs, latestMs), ports).catch((error: unknown) => {
      if (!(error instanceof CallFailed)) throw error;
      return new Map(ids.map((id) => [id, endOf(error)]));
    });
    for (const request of inTime) {
      const end = byId.get(request.instanceId);
      const isLast = request.deadline * 1000 - ports.now() < LAST_MS;
      if (end !== undefined)
        ends.set(request, end.kind === 'again' && isLast ? { ...end, kind: 'failed' } : end);
    }
  }
  return requests.map((request) => ({
    request,
    ...(ends.get(request) ?? { kind: 'failed', reason: 'DeadlinePassed' }),
  }));
}
