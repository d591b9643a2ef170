// The queue of tickets: each is read when its notice's deadline has passed.
import { Duration } from 'aws-cdk-lib';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { WINDOW_SECONDS } from '../contract/notices.ts';
import { SETTLE_AFTER_SECONDS } from '../contract/ticket.ts';

/** Seconds. Lambda asks of a queue that it reads for six times the timeout of the function. */
export const SETTLE_TIMEOUT_SECONDS = 60;
const VISIBILITY = Duration.seconds(6 * SETTLE_TIMEOUT_SECONDS);

/** How often a ticket is read at most. One that is early, or whose instance still runs, takes two of them. */
const RECEIVES = 10;

/** First in, first out: tickets of one instance are never settled side by side. Its delay is of all tickets alike. */
export class Settlement extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const common = {
      fifo: true,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    };
    this.deadLetters = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Queue', {
      ...common,
      // Else all groups share 300 calls a second: a notice leaves its ticket with a call of its own.
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      deliveryDelay: Duration.seconds(WINDOW_SECONDS + SETTLE_AFTER_SECONDS),
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: RECEIVES },
    });
  }
}
