// Tickets on the settlement queue, whose own delay holds them back past the deadline of a usual notice.
import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { REBALANCE } from '../../contract/notices.ts';
import type { Ticket } from '../../contract/ticket.ts';
import { inBatches } from './batches.ts';
import { CONFIG } from './clients.ts';
import { callUntil } from './retry.ts';

/** SQS allows no longer one. */
const MAX_VISIBILITY_SECONDS = 43_200;

// The host of the queue's URL is not the one of FIPS or dual-stack endpoints.
// And TLS sees to it that a message arrives as it was sent: no MD5.
export const newSqsClient = (): SQSClient =>
  new SQSClient({ ...CONFIG, useQueueUrlAsEndpoint: false, md5: false });

/** Returns those that could not be left, each with the reason. Tickets that are left twice are settled once. */
export function leaveTickets(
  sqs: SQSClient,
  queueUrl: string,
  tickets: readonly Ticket[],
  untilMs: number,
): Promise<Map<Ticket, string>> {
  return inBatches('SendMessageBatch', tickets, untilMs, (some, options) => {
    const entries = some.map((ticket, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(ticket),
      // Tickets of one instance are settled one after the other: what looks for an outcome is then sure to find it.
      MessageGroupId: groupOf(ticket),
      MessageDeduplicationId: dedupeId(ticket),
    }));
    return sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }), options);
  });
}

/** A recommendation's ticket waits for longer, and must not hold the notice's back. */
function groupOf({ instanceId, action }: Ticket): string {
  return action === REBALANCE ? `${instanceId}-${REBALANCE}` : instanceId;
}

/** An event that EventBridge delivers twice has one ticket. A colon is allowed there. */
function dedupeId({ instanceId, noticeTime, action, left }: Ticket): string {
  return `${instanceId}/${noticeTime}/${action}/${left}`;
}

/** sqs:ChangeMessageVisibility: it is received again after so many seconds, if it is not deleted. */
export async function postpone(
  sqs: SQSClient,
  queueUrl: string,
  receiptHandle: string,
  seconds: number,
  untilMs: number,
): Promise<void> {
  const request = new ChangeMessageVisibilityCommand({
    QueueUrl: queueUrl,
    ReceiptHandle: receiptHandle,
    VisibilityTimeout: Math.min(seconds, MAX_VISIBILITY_SECONDS),
  });
  await callUntil('ChangeMessageVisibility', untilMs, (requestTimeout) =>
    sqs.send(request, { requestTimeout }),
  );
}
