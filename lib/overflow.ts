// The queue for notices that could not be answered at once, of the rule and of the function, and its dead letters.
import type { Construct } from 'constructs';
import { QueuePair } from './queue-pair.ts';

/**
 * Seconds that a message is out of sight where the function died over it. Twice its timeout, not six times: a notice
 * has two minutes, and one that is answered twice runs once.
 */
const VISIBILITY_SECONDS = 20;

/**
 * The clock ends the tries, after some 30; of a Capacity Reservation, that may tell an hour ahead, after some 100. This
 * only ends what kills the function each time.
 */
const RECEIVES = 200;

export function overflowQueues(scope: Construct, id: string): QueuePair {
  return new QueuePair(scope, id, { visibilitySeconds: VISIBILITY_SECONDS, receives: RECEIVES });
}
