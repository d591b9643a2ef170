// The overflow queue as the function itself uses it: Lambda hands it ten messages at most, and leaves the others there.
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeadLetter, Waiting } from '../domain/waiting.ts';
import type { PutOff } from '../ports.ts';
import { inBatches } from './batches.ts';
import { callUntil } from './retry.ts';

/** ReceiveMessage gives no more. */
const RECEIVED = 10;
/** Calls at once, at most. */
const AT_ONCE = 8;
/** A message's attribute: why it lies among the dead letters. */
export const REASON_ATTRIBUTE = 'reason';

/**
 * Does not wait: a message that is alone must not. Of few messages SQS may not find all so; they wait for the next call.
 * First one call, then more at once as long as some come: a queue that is empty costs one.
 */
export async function draw(
  sqs: SQSClient,
  queueUrl: string,
  most: number,
  untilMs: number,
): Promise<Waiting[]> {
  const drawn: Waiting[] = [];
  for (let calls = 1; drawn.length < most; calls = Math.min(2 * calls, AT_ONCE)) {
    const wanted = Math.min(calls, Math.ceil((most - drawn.length) / RECEIVED));
    const sizes = Array.from({ length: wanted }, (_, nth) =>
      Math.min(RECEIVED, most - drawn.length - nth * RECEIVED),
    );
    const received = (await Promise.all(sizes.map((size) => receive(sqs, queueUrl, size, untilMs)))).flat();
    if (received.length === 0) break;
    drawn.push(...received);
  }
  return drawn;
}

async function receive(sqs: SQSClient, queueUrl: string, most: number, untilMs: number): Promise<Waiting[]> {
  const request = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: most,
    WaitTimeSeconds: 0,
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
  });
  const { Messages: messages = [] } = await callUntil('ReceiveMessage', untilMs, (requestTimeout) =>
    sqs.send(request, { requestTimeout }),
  );
  return messages.map(({ MessageId = '', Body = '', ReceiptHandle = '', Attributes = {} }) => ({
    id: MessageId,
    body: Body,
    receiptHandle: ReceiptHandle,
    receives: Number(Attributes.ApproximateReceiveCount ?? 1),
  }));
}

export function remove(
  sqs: SQSClient,
  queueUrl: string,
  messages: readonly Waiting[],
  untilMs: number,
): Promise<Map<Waiting, string>> {
  return inBatches('DeleteMessageBatch', messages, untilMs, (some, options) => {
    const entries = some.map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
    }));
    return sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }), options);
  });
}

export function putOff(
  sqs: SQSClient,
  queueUrl: string,
  messages: readonly PutOff[],
  untilMs: number,
): Promise<Map<PutOff, string>> {
  return inBatches('ChangeMessageVisibilityBatch', messages, untilMs, (some, options) => {
    const entries = some.map(({ message, seconds }, index) => ({
      Id: String(index),
      ReceiptHandle: message.receiptHandle,
      VisibilityTimeout: seconds,
    }));
    return sqs.send(
      new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
      options,
    );
  });
}

/** The message as it came, and beside it the reason. */
export function deadLetter(
  sqs: SQSClient,
  queueUrl: string,
  letters: readonly DeadLetter[],
  untilMs: number,
): Promise<Map<DeadLetter, string>> {
  return inBatches('SendMessageBatch', letters, untilMs, (some, options) => {
    const entries = some.map(({ message, reason }, index) => ({
      Id: String(index),
      MessageBody: message.body,
      MessageAttributes: { [REASON_ATTRIBUTE]: { DataType: 'String', StringValue: reason } },
    }));
    return sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }), options);
  });
}
