// What `respond` leaves for `fleet`: an instance that is interrupted, and one thing that its tags ask for beside the command.
import type { FleetAction } from './tags.ts';

export const FLEET_REQUEST_VERSION = 1;

export interface FleetRequest {
  readonly version: typeof FLEET_REQUEST_VERSION;
  readonly instanceId: string;
  /** As EC2 wrote it. */
  readonly noticeTime: string;
  /** Epoch seconds, whole: after it nothing is done any more. */
  readonly deadline: number;
  readonly fleetAction: FleetAction;
  readonly eventId?: string;
}
