// The queue of tickets: each is read when its notice's deadline has passed.
import { Duration } from 'aws-cdk-lib';
import { DeduplicationScope, FifoThroughputLimit } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { WINDOW_SECONDS } from '../contract/notices.ts';
import { SETTLE_AFTER_SECONDS } from '../contract/ticket.ts';
import { QueuePair } from './queue-pair.ts';

/** Seconds. Lambda asks of a queue that it reads for six times the timeout of the function. */
export const SETTLE_TIMEOUT_SECONDS = 60;
const VISIBILITY_SECONDS = 6 * SETTLE_TIMEOUT_SECONDS;

/** How often a ticket is read at most. One that is early, or whose instance still runs, takes two of them. */
const RECEIVES = 10;

/** First in, first out: tickets of one instance are never settled side by side. Its delay is of all tickets alike. */
export function settlementQueues(scope: Construct, id: string): QueuePair {
  return new QueuePair(scope, id, {
    fifo: true,
    // Else all groups share 300 calls a second: a notice leaves its ticket with a call of its own.
    throughput: {
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    },
    deliveryDelay: Duration.seconds(WINDOW_SECONDS + SETTLE_AFTER_SECONDS),
    visibilitySeconds: VISIBILITY_SECONDS,
    receives: RECEIVES,
  });
}
