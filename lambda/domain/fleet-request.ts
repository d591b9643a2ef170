// What an instance's tags ask for beside the command, and the requests for it that `respond` leaves for `fleet`.
import { FLEET_REQUEST_VERSION, type FleetRequest } from '../../contract/fleet.ts';
import { FLEET_ACTIONS, type FleetAction, SETTING_TAG_PREFIX } from '../../contract/tags.ts';
import type { AnsweredNotice } from './answered.ts';
import type { Instance } from './instance.ts';
import { readObject } from './json.ts';
import { epochMs, INSTANCE_ID, LONGEST_LEAD_MS, type Notice } from './notice.ts';

export const FLEET_ACTION_NAMES = Object.keys(FLEET_ACTIONS) as FleetAction[];

/** Of what comes back after an interruption nothing is taken away: only where the instance is to be terminated. */
export function fleetActions({ action }: Notice, { tags }: Instance): readonly FleetAction[] {
  if (action !== 'terminate') return [];
  return FLEET_ACTION_NAMES.filter((name) => tags.get(SETTING_TAG_PREFIX + name) === FLEET_ACTIONS[name]);
}

/** One for each: what fails of the one must not bring the other back. */
export function requestsOf({ notice, fleet = [] }: AnsweredNotice): FleetRequest[] {
  const { instanceId, noticeTime, deadline, eventId } = notice;
  return fleet.map((fleetAction) => ({
    version: FLEET_REQUEST_VERSION,
    instanceId,
    noticeTime,
    deadline,
    fleetAction,
    ...(eventId === undefined ? {} : { eventId }),
  }));
}

/** The request, or what is wrong with it. */
export function parseRequest(body: string): { readonly request: FleetRequest } | { readonly fault: string } {
  const said = readObject(body);
  if (typeof said === 'string') return { fault: said };
  const request = said as FleetRequest;
  const { version, instanceId, noticeTime, deadline, fleetAction, eventId = '' } = request;
  if (version !== FLEET_REQUEST_VERSION) return { fault: 'unknown version' };
  if (typeof instanceId !== 'string' || !INSTANCE_ID.test(instanceId)) {
    return { fault: 'malformed instanceId' };
  }
  const noticeMs = epochMs(noticeTime);
  if (noticeMs === undefined) return { fault: 'malformed noticeTime' };
  const lead = deadline * 1000 - noticeMs;
  if (!(Number.isInteger(deadline) && lead > -1_000 && lead <= LONGEST_LEAD_MS)) {
    return { fault: 'malformed deadline' };
  }
  if (!FLEET_ACTION_NAMES.includes(fleetAction)) return { fault: 'unknown fleetAction' };
  if (typeof eventId !== 'string' || eventId.length > 64) return { fault: 'malformed eventId' };
  return { request };
}
