// SQS's batches that tidy a queue, as the overflow queue needs them: each entry stands for itself.
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { type Case, refusal } from './contract.ts';
import { clientsOf, type Place } from './place.ts';

async function received(place: Place, count: number): Promise<string[]> {
  const { sqs } = clientsOf(place);
  for (let n = 0; n < count; n += 1) {
    await sqs.send(new SendMessageCommand({ QueueUrl: place.queueUrl, MessageBody: `m${n}` }));
  }
  return handles(place);
}

async function handles(place: Place): Promise<string[]> {
  const { Messages = [] } = await clientsOf(place).sqs.send(
    new ReceiveMessageCommand({ QueueUrl: place.queueUrl, MaxNumberOfMessages: 10 }),
  );
  return Messages.map(({ ReceiptHandle = '' }) => ReceiptHandle);
}

const remove = (place: Place, ...all: readonly string[]) =>
  clientsOf(place).sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: place.queueUrl,
      Entries: all.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
    }),
  );
const hide = (place: Place, seconds: readonly number[], all: readonly string[]) =>
  clientsOf(place).sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: place.queueUrl,
      Entries: seconds.map((VisibilityTimeout, index) => ({
        Id: String(index),
        ReceiptHandle: all[index] ?? '',
        VisibilityTimeout,
      })),
    }),
  );
interface Answer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
  readonly Failed?:
    | readonly { readonly Id?: string | undefined; readonly Code?: string | undefined }[]
    | undefined;
}
const told = ({ Successful = [], Failed = [] }: Answer) => ({
  done: Successful.map(({ Id }) => Id),
  failed: Failed.map(({ Id, Code }) => `${Id} ${Code}`),
});

/** Each case leaves the queue empty. */
export const SQS_BATCH_CASES: readonly Case[] = [
  {
    name: 'a batch of deletions takes what it can, and names the handle that is none',
    async observe(place) {
      const [first = '', second = ''] = await received(place, 2);
      const answer = told(await remove(place, first, 'none', second));
      return { ...answer, left: (await handles(place)).length };
    },
    aws: { done: ['0', '2'], failed: ['1 ReceiptHandleIsInvalid'], left: 0 },
  },
  {
    name: 'a batch of visibilities shows again at once, or not, each by itself',
    async observe(place) {
      const all = await received(place, 2);
      const answer = told(await hide(place, [0, 600], all));
      const shown = await handles(place);
      await remove(place, ...shown, all[1] ?? '');
      return { ...answer, shown: shown.length };
    },
    aws: { done: ['0', '1'], failed: [], shown: 1 },
  },
  {
    name: 'a batch of deletions with nothing in it',
    observe: (place) => refusal(remove(place)),
    aws: 'EmptyBatchRequest (AWS.SimpleQueueService.EmptyBatchRequest) 400',
  },
  {
    name: 'a batch of visibilities with nothing in it',
    observe: (place) => refusal(hide(place, [], [])),
    aws: 'EmptyBatchRequest (AWS.SimpleQueueService.EmptyBatchRequest) 400',
  },
];
