// Requests on the queue that `fleet` reads.
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { FleetRequest } from '../../contract/fleet.ts';
import { inBatches } from './batches.ts';

/** Returns those that could not be left, each with the reason. What is asked for twice is done once. */
export function leaveRequests(
  sqs: SQSClient,
  queueUrl: string,
  requests: readonly FleetRequest[],
  untilMs: number,
): Promise<Map<FleetRequest, string>> {
  return inBatches('SendMessageBatch', requests, untilMs, (some, options) => {
    const entries = some.map((request, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(request),
    }));
    return sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }), options);
  });
}
