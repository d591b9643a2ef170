// The queue of what instances ask for beside the command, and its dead letters.
import type { Construct } from 'constructs';
import { QueuePair } from './queue-pair.ts';

/** Seconds. Until then the function tries a call again; the rest of the two minutes is for some more times. */
export const FLEET_TIMEOUT_SECONDS = 30;

/** The clock ends the tries. This only ends what kills the function each time, and what is no request. */
const RECEIVES = 5;

export function fleetQueues(scope: Construct, id: string): QueuePair {
  // Its visibility is not six times the timeout: a request has two minutes, and what is done twice is done once.
  return new QueuePair(scope, id, { visibilitySeconds: FLEET_TIMEOUT_SECONDS, receives: RECEIVES });
}
