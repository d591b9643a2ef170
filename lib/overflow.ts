// The queue for notices that could not be answered at once: of the rule, and of the function.
import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export function overflowQueue(scope: Construct, id: string): Queue {
  const queue = new Queue(scope, id, {
    // Not KMS: EventBridge cannot use the key that AWS manages.
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    // Six times the function's timeout, as Lambda asks of a queue that it reads.
    visibilityTimeout: Duration.seconds(60),
  });
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions::AwsSolutions-SQS3',
    reason: 'It is itself where the rule and the function put what they could not do.',
  });
  return queue;
}
