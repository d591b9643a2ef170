// A queue and its dead letters, as all of the stack's are: encrypted, for callers by TLS alone, for 14 days.
import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

interface QueuePairProps extends Pick<QueueProps, 'fifo' | 'deliveryDelay'> {
  readonly visibilitySeconds: number;
  /** How often a message is received at most, before it is a dead letter. */
  readonly receives: number;
  /** Of the queue alone. */
  readonly throughput?: Pick<QueueProps, 'deduplicationScope' | 'fifoThroughputLimit'>;
}

export class QueuePair extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(
    scope: Construct,
    id: string,
    { fifo, deliveryDelay, visibilitySeconds, receives, throughput }: QueuePairProps,
  ) {
    super(scope, id);
    const common = {
      ...(fifo === undefined ? {} : { fifo }),
      // Not KMS: EventBridge cannot use the key that AWS manages.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    };
    this.deadLetters = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Queue', {
      ...common,
      ...throughput,
      ...(deliveryDelay === undefined ? {} : { deliveryDelay }),
      visibilityTimeout: Duration.seconds(visibilitySeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: receives },
    });
  }
}
