// A queue as the function itself uses it that reads it: Lambda hands over ten messages at most, and leaves the others there.
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { DeadLetter, Waiting } from '../domain/waiting.ts';
import type { PutOff } from '../ports.ts';
import { inBatches } from './batches.ts';
import { callUntil } from './retry.ts';

/** A message's attribute: why it lies among the dead letters. */
export const REASON_ATTRIBUTE = 'reason';

/** Up to ten of those that are there at this moment. */
export async function receive(
  sqs: SQSClient,
  queueUrl: string,
  most: number,
  untilMs: number,
): Promise<Waiting[]> {
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

/** As Lambda handed them over. */
export const given = (records: readonly SQSRecord[]): Waiting[] =>
  records.map(({ messageId, body, receiptHandle, attributes }) => ({
    id: messageId,
    body,
    receiptHandle,
    receives: Number(attributes.ApproximateReceiveCount),
  }));
