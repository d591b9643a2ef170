// SQS as settlement needs it: groups in order, no message twice, batches, and a delay that is the queue's own.
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { type Case, refusal, told } from './contract.ts';
import { clientsOf, type Place } from './place.ts';

let unique = 0;
const send = (place: Place, body: string, more: Partial<SendMessageCommandInput> = {}) => {
  unique += 1;
  return clientsOf(place).sqs.send(
    new SendMessageCommand({
      QueueUrl: place.fifoUrl,
      MessageBody: body,
      MessageGroupId: 'a',
      MessageDeduplicationId: `id-${unique}`,
      ...more,
    }),
  );
};
/** Waits for the first that is there, `WaitTimeSeconds` at most. */
const receive = async (place: Place, WaitTimeSeconds: number, MaxNumberOfMessages = 10) =>
  (
    await clientsOf(place).sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: place.fifoUrl,
        WaitTimeSeconds,
        MaxNumberOfMessages,
        MessageSystemAttributeNames: ['All'],
      }),
    )
  ).Messages ?? [];
const remove = (place: Place, ReceiptHandle: string | undefined) =>
  clientsOf(place).sqs.send(new DeleteMessageCommand({ QueueUrl: place.fifoUrl, ReceiptHandle }));
const entry = (Id: string, more: Partial<SendMessageBatchRequestEntry> = {}) => ({
  Id,
  MessageBody: Id,
  MessageGroupId: 'batch',
  MessageDeduplicationId: `batch-${Id}`,
  ...more,
});
const batch = (place: Place, ...Entries: SendMessageBatchRequestEntry[]) =>
  clientsOf(place).sqs.send(new SendMessageBatchCommand({ QueueUrl: place.fifoUrl, Entries }));

const REFUSALS: readonly (readonly [string, (place: Place) => Partial<SendMessageCommandInput>, string])[] = [
  ['no group', () => ({ MessageGroupId: undefined }), 'MissingParameter 400'],
  ['no deduplication id', () => ({ MessageDeduplicationId: undefined }), 'InvalidParameterValue 400'],
  ['a delay of its own', () => ({ DelaySeconds: 1 }), 'InvalidParameterValue 400'],
  ['a group with a space in it', () => ({ MessageGroupId: 'a b' }), 'InvalidParameterValue 400'],
  [
    'a deduplication id, to a standard queue',
    ({ queueUrl }) => ({ QueueUrl: queueUrl }),
    'InvalidParameterValue 400',
  ],
];
const ELEVEN = Array.from({ length: 11 }, (_, n) => entry(`n${n}`));
const BATCH = 'AWS.SimpleQueueService';
const BATCH_REFUSALS: readonly (readonly [string, SendMessageBatchRequestEntry[], string])[] = [
  ['nothing in it', [], `EmptyBatchRequest (${BATCH}.EmptyBatchRequest) 400`],
  ['eleven entries', ELEVEN, `TooManyEntriesInBatchRequest (${BATCH}.TooManyEntriesInBatchRequest) 400`],
  [
    'the same id twice',
    [entry('a'), entry('a')],
    `BatchEntryIdsNotDistinct (${BATCH}.BatchEntryIdsNotDistinct) 400`,
  ],
  [
    'two bodies of 600,000 bytes',
    ['a', 'b'].map((id) => entry(id, { MessageBody: id.repeat(600_000) })),
    `BatchRequestTooLong (${BATCH}.BatchRequestTooLong) 400`,
  ],
  ['an id that is none', [entry('a b')], `InvalidBatchEntryId (${BATCH}.InvalidBatchEntryId) 400`],
];

/** Each case leaves the queue empty. */
export const SQS_FIFO_CASES: readonly Case[] = [
  {
    name: 'a FIFO queue keeps each message back, then hands out a group in order, one lot at a time',
    async observe(place) {
      for (const body of ['a1', 'a2', 'a3']) await send(place, body);
      const atOnce = (await receive(place, 0)).length;
      const [first] = await receive(place, 5, 1);
      // The rest of the group is past its delay, too, once this one is there.
      await send(place, 'b1', { MessageGroupId: 'b' });
      const [other, ...more] = await receive(place, 5);
      await remove(place, other?.ReceiptHandle);
      await remove(place, first?.ReceiptHandle);
      const rest = await receive(place, 5);
      for (const { ReceiptHandle } of rest) await remove(place, ReceiptHandle);
      return {
        atOnce,
        first: first?.Body,
        whileInFlight: [other, ...more].map((one) => one?.Body),
        rest: rest.map(({ Body }) => Body),
      };
    },
    aws: { atOnce: 0, first: 'a1', whileInFlight: ['b1'], rest: ['a2', 'a3'] },
  },
  {
    name: 'a message that was sent twice is there once, and tells what FIFO queues tell',
    async observe(place) {
      const MessageDeduplicationId = 'the-same';
      const first = await send(place, 'one', { MessageDeduplicationId });
      const again = await send(place, 'two', { MessageDeduplicationId });
      const received = await receive(place, 5);
      for (const { ReceiptHandle } of received) await remove(place, ReceiptHandle);
      const third = await send(place, 'three', { MessageDeduplicationId });
      const told = received[0]?.Attributes ?? {};
      return {
        sameId: first.MessageId === again.MessageId,
        sameNumber: first.SequenceNumber === again.SequenceNumber && first.SequenceNumber !== undefined,
        bodies: received.map(({ Body }) => Body),
        afterDeletion: first.MessageId === third.MessageId,
        group: told.MessageGroupId,
        deduplication: told.MessageDeduplicationId,
        number: told.SequenceNumber === first.SequenceNumber,
        receivedFirst: /^\d{13}$/.test(told.ApproximateFirstReceiveTimestamp ?? ''),
      };
    },
    aws: {
      sameId: true,
      sameNumber: true,
      bodies: ['one'],
      afterDeletion: true,
      group: 'a',
      deduplication: 'the-same',
      number: true,
      receivedFirst: true,
    },
  },
  ...REFUSALS.map(
    ([name, more, aws]): Case => ({
      name: `a message with ${name}`,
      observe: (place) => refusal(send(place, 'x', more(place))),
      aws,
    }),
  ),
  {
    name: 'a batch is taken entry by entry',
    observe: (place) =>
      told(
        batch(place, entry('one'), entry('two', { MessageGroupId: undefined }), entry('three')),
        async ({ Successful, Failed }) => {
          const received = await receive(place, 5);
          for (const { ReceiptHandle } of received) await remove(place, ReceiptHandle);
          return {
            taken: Successful?.map(({ Id }) => Id),
            failed: Failed?.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]),
            bodies: received.map(({ Body }) => Body),
          };
        },
      ),
    aws: {
      taken: ['one', 'three'],
      failed: [['two', 'MissingParameter', true]],
      bodies: ['one', 'three'],
    },
  },
  ...BATCH_REFUSALS.map(
    ([name, entries, aws]): Case => ({
      name: `a batch with ${name}`,
      observe: (place) => refusal(batch(place, ...entries)),
      aws,
    }),
  ),
];
