// The queue of what instances ask for beside the command, and its dead letters.
import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Seconds. Until then the function tries a call again; the rest of the two minutes is for two more times. */
export const FLEET_TIMEOUT_SECONDS = 30;

/** The clock ends the tries. This only ends what kills the function each time, and what is no request. */
const RECEIVES = 5;

export class FleetRequests extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    };
    this.deadLetters = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Queue', {
      ...common,
      // Not six times the timeout: a request has two minutes, and what is done twice is done once.
      visibilityTimeout: Duration.seconds(FLEET_TIMEOUT_SECONDS),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: RECEIVES },
    });
  }
}
