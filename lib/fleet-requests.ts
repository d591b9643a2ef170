// The queue of what instances ask for beside the command, and its dead letters.
import type { Construct } from 'constructs';
import { QueuePair } from './queue-pair.ts';

/** Seconds. What is throttled for longer makes room for other requests, and comes again. */
export const FLEET_TIMEOUT_SECONDS = 15;

/** The clock ends the tries, after eight in two minutes. This ends what kills the function, and what is no request. */
const RECEIVES = 20;

export function fleetQueues(scope: Construct, id: string): QueuePair {
  // Its visibility is not six times the timeout: a request has two minutes, and what is done twice is done once.
  return new QueuePair(scope, id, { visibilitySeconds: FLEET_TIMEOUT_SECONDS, receives: RECEIVES });
}
