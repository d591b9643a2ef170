// The queue of what instances ask for beside the command, and its dead letters.
import type { Construct } from 'constructs';
import { QueuePair } from './queue-pair.ts';

/** Seconds. What is throttled for half of it makes room for other requests, and comes again. */
export const FLEET_TIMEOUT_SECONDS = 15;

/** Seconds that a request is out of sight where the function died over it: one has two minutes, and twice is once. */
const VISIBILITY_SECONDS = 20;

/** The clock ends the tries; a Capacity Reservation may tell an hour ahead. This ends what kills the function each time. */
const RECEIVES = 200;

export function fleetQueues(scope: Construct, id: string): QueuePair {
  return new QueuePair(scope, id, { visibilitySeconds: VISIBILITY_SECONDS, receives: RECEIVES });
}
