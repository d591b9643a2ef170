// SQS as the overflow queue needs it: visibility, receipt handles, long polling, and what it refuses.
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { type Case, refusal } from './contract.ts';
import { clientsOf, type Place, QUEUE, QUEUE_VISIBILITY } from './place.ts';

const send = (place: Place, more: Partial<SendMessageCommandInput> = {}) =>
  clientsOf(place).sqs.send(
    new SendMessageCommand({ QueueUrl: place.queueUrl, MessageBody: 'hello', ...more }),
  );
const receive = async (place: Place, more: Partial<ReceiveMessageCommandInput> = {}) =>
  (await clientsOf(place).sqs.send(new ReceiveMessageCommand({ QueueUrl: place.queueUrl, ...more })))
    .Messages ?? [];
const hide = (place: Place, ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
  clientsOf(place).sqs.send(
    new ChangeMessageVisibilityCommand({ QueueUrl: place.queueUrl, ReceiptHandle, VisibilityTimeout }),
  );
const remove = (place: Place, ReceiptHandle: string | undefined) =>
  clientsOf(place).sqs.send(new DeleteMessageCommand({ QueueUrl: place.queueUrl, ReceiptHandle }));
const counts = async (place: Place) => {
  const { Attributes } = await clientsOf(place).sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: place.queueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'VisibilityTimeout',
      ],
    }),
  );
  return Attributes;
};
const ATTRIBUTES = {
  ERROR_CODE: { DataType: 'String', StringValue: 'NO_PERMISSIONS' },
  RULE_ARN: { DataType: 'String', StringValue: 'arn:aws:events:us-east-2:123456789012:rule/r' },
};

/** Each case leaves the queue empty. */
export const SQS_CASES: readonly Case[] = [
  {
    name: 'GetQueueUrl finds the queue by its name',
    observe: async (place) =>
      (await clientsOf(place).sqs.send(new GetQueueUrlCommand({ QueueName: QUEUE }))).QueueUrl ===
      place.queueUrl,
    aws: true,
  },
  {
    name: 'a message is there once while it is invisible, and again when that is over',
    async observe(place) {
      await send(place);
      const [first] = await receive(place, { MessageSystemAttributeNames: ['All'] });
      const whileHidden = (await receive(place)).length;
      const hidden = await counts(place);
      await hide(place, first?.ReceiptHandle, 0);
      const [again] = await receive(place, { MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
      const otherHandle = again?.ReceiptHandle !== first?.ReceiptHandle;
      await remove(place, again?.ReceiptHandle);
      const firstCount = first?.Attributes?.ApproximateReceiveCount;
      return {
        body: first?.Body,
        firstCount,
        whileHidden,
        hidden,
        again: again?.Attributes,
        otherHandle,
        end: await counts(place),
      };
    },
    aws: {
      body: 'hello',
      firstCount: '1',
      whileHidden: 0,
      hidden: {
        ApproximateNumberOfMessages: '0',
        ApproximateNumberOfMessagesNotVisible: '1',
        VisibilityTimeout: String(QUEUE_VISIBILITY),
      },
      again: { ApproximateReceiveCount: '2' },
      otherHandle: true,
      end: {
        ApproximateNumberOfMessages: '0',
        ApproximateNumberOfMessagesNotVisible: '0',
        VisibilityTimeout: String(QUEUE_VISIBILITY),
      },
    },
  },
  {
    name: 'a message tells the attributes that are asked for, and no others',
    async observe(place) {
      const told: unknown[] = [];
      for (const MessageAttributeNames of [[], ['ERROR_CODE'], ['All']]) {
        await send(place, { MessageAttributes: ATTRIBUTES });
        const [message] = await receive(place, { MessageAttributeNames });
        told.push({ system: message?.Attributes, own: Object.keys(message?.MessageAttributes ?? {}).sort() });
        await remove(place, message?.ReceiptHandle);
      }
      return told;
    },
    aws: [
      { system: undefined, own: [] },
      { system: undefined, own: ['ERROR_CODE'] },
      { system: undefined, own: ['ERROR_CODE', 'RULE_ARN'] },
    ],
  },
  {
    name: 'a message that was sent carries the digests of its body and attributes',
    async observe(place) {
      const { MD5OfMessageBody, MD5OfMessageAttributes } = await send(place, {
        MessageAttributes: ATTRIBUTES,
      });
      const [message] = await receive(place);
      await remove(place, message?.ReceiptHandle);
      return {
        same: message?.MD5OfBody === MD5OfMessageBody,
        body: MD5OfMessageBody,
        attributes: MD5OfMessageAttributes,
      };
    },
    aws: {
      same: true,
      body: '5d41402abc4b2a76b9719d911017c592',
      attributes: '0c111e0c7fd3663694a39dc33463ee82',
    },
  },
  {
    name: 'ten messages come in one answer',
    async observe(place) {
      for (let n = 0; n < 11; n += 1) await send(place);
      const most = await receive(place, { MaxNumberOfMessages: 10 });
      const rest = await receive(place, { MaxNumberOfMessages: 10 });
      for (const { ReceiptHandle } of [...most, ...rest]) await remove(place, ReceiptHandle);
      return [most.length, rest.length];
    },
    aws: [10, 1],
  },
  {
    name: 'a delayed message is waited for',
    async observe(place) {
      await send(place, { DelaySeconds: 1 });
      const atOnce = (await receive(place)).length;
      const [message] = await receive(place, { WaitTimeSeconds: 5 });
      await remove(place, message?.ReceiptHandle);
      return { atOnce, later: message?.Body };
    },
    aws: { atOnce: 0, later: 'hello' },
  },
  {
    name: 'GetQueueAttributes tells what is asked for, and no others',
    observe: async (place) =>
      Object.keys(
        (
          await clientsOf(place).sqs.send(
            new GetQueueAttributesCommand({ QueueUrl: place.queueUrl, AttributeNames: ['QueueArn'] }),
          )
        ).Attributes ?? {},
      ),
    aws: ['QueueArn'],
  },
  {
    name: 'a queue that does not exist',
    observe: (place) => refusal(send(place, { QueueUrl: `${place.queueUrl}-gone` })),
    aws: 'QueueDoesNotExist (AWS.SimpleQueueService.NonExistentQueue) 400',
  },
  {
    name: 'an empty body',
    observe: (place) => refusal(send(place, { MessageBody: '' })),
    aws: 'MissingParameter 400',
  },
  {
    name: 'a character that XML does not have',
    observe: (place) => refusal(send(place, { MessageBody: 'a\u0001b' })),
    aws: 'InvalidMessageContents 400',
  },
  {
    name: 'a delay of 901 s',
    observe: (place) => refusal(send(place, { DelaySeconds: 901 })),
    aws: 'InvalidParameterValue 400',
  },
  {
    name: 'eleven messages at once',
    observe: (place) => refusal(receive(place, { MaxNumberOfMessages: 11 })),
    aws: 'InvalidParameterValue 400',
  },
  {
    name: 'waiting for 21 s',
    observe: (place) => refusal(receive(place, { WaitTimeSeconds: 21 })),
    aws: 'InvalidParameterValue 400',
  },
  {
    name: 'hiding for more than 12 hours',
    async observe(place) {
      await send(place);
      const [message] = await receive(place);
      const outcome = await refusal(hide(place, message?.ReceiptHandle, 43_201));
      await remove(place, message?.ReceiptHandle);
      return outcome;
    },
    aws: 'InvalidParameterValue 400',
  },
  {
    name: 'hiding by a handle that is none',
    observe: (place) => refusal(hide(place, 'nonsense', 1)),
    aws: 'ReceiptHandleIsInvalid 404',
  },
  {
    name: 'hiding and deleting a message that was deleted',
    async observe(place) {
      await send(place);
      const [message] = await receive(place);
      await remove(place, message?.ReceiptHandle);
      return [
        await refusal(hide(place, message?.ReceiptHandle, 1)),
        await refusal(remove(place, message?.ReceiptHandle)),
      ];
    },
    aws: ['InvalidParameterValue 400', 'accepted'],
  },
  {
    name: 'deleting by a handle that is none',
    observe: (place) => refusal(remove(place, 'nonsense')),
    aws: 'ReceiptHandleIsInvalid 404',
  },
  {
    name: 'another action of SQS',
    observe: (place) =>
      refusal(clientsOf(place).sqs.send(new PurgeQueueCommand({ QueueUrl: place.queueUrl }))),
    aws: 'accepted',
  },
];
