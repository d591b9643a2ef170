// The queue for notices that could not be answered at once, of the rule and of the function, and its dead letters.
import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

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

export class Overflow extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const common = {
      // Not KMS: EventBridge cannot use the key that AWS manages.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    };
    this.deadLetters = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Queue', {
      ...common,
      visibilityTimeout: Duration.seconds(VISIBILITY_SECONDS),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: RECEIVES },
    });
  }
}
