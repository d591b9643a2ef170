// SQS over AWS JSON 1.0, on the queues of the template.
import { createHash } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../../template/template.ts';
import type { Message, Queue } from '../queue.ts';
import { jsonProtocol, type Service, ServiceFault } from './service.ts';

const protocol = jsonProtocol('1.0');
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

export function sqsService(queues: () => readonly Queue[], arnPrefix: string): Service {
  function queueOf(input: JsonObject): Queue {
    const name = String(
      input.QueueName ??
        String(input.QueueUrl ?? '')
          .split('/')
          .at(-1),
    );
    const queue = queues().find((one) => one.name === name);
    if (!queue) {
      throw new ServiceFault('com.amazonaws.sqs#QueueDoesNotExist', 'The specified queue does not exist.');
    }
    return queue;
  }

  return {
    name: 'sqs',
    denied: { code: 'com.amazon.coral.service#AccessDeniedException', status: 403 },
    throttled: { code: 'com.amazonaws.sqs#RequestThrottled', status: 400, message: 'Request is throttled.' },
    read: protocol.read,
    refuse: protocol.refuse,
    touches: ({ input }) => {
      const name = String(
        input.QueueName ??
          String(input.QueueUrl ?? '')
            .split('/')
            .at(-1),
      );
      return [{ resource: `${arnPrefix}${name}` }];
    },
    async answer({ action, input }) {
      return protocol.ok(await perform(action, queueOf(input), input));
    },
  };
}

async function perform(action: string, queue: Queue, input: JsonObject): Promise<object> {
  const handle = String(input.ReceiptHandle ?? '');
  switch (action) {
    case 'GetQueueUrl':
      return { QueueUrl: queue.url };
    case 'SendMessage': {
      const body = String(input.MessageBody ?? '');
      if (body === '') throw new ServiceFault('com.amazonaws.sqs#MissingParameter', 'MessageBody is missing');
      const { id } = queue.send(body, attributesOf(input.MessageAttributes), Number(input.DelaySeconds ?? 0));
      return { MessageId: id, MD5OfMessageBody: md5(body) };
    }
    case 'ReceiveMessage': {
      const max = within('MaxNumberOfMessages', input.MaxNumberOfMessages ?? 1, 1, 10);
      const wait = within('WaitTimeSeconds', input.WaitTimeSeconds ?? 0, 0, 20);
      const visibility = Number(input.VisibilityTimeout ?? queue.visibilitySeconds);
      const messages = await queue.receive(max, wait, visibility);
      return messages.length > 0 ? { Messages: messages.map(received) } : {};
    }
    case 'DeleteMessage':
      queue.delete(handle);
      return {};
    case 'ChangeMessageVisibility':
      if (
        !queue.changeVisibility(handle, within('VisibilityTimeout', input.VisibilityTimeout ?? -1, 0, 43_200))
      ) {
        throw new ServiceFault(
          'com.amazonaws.sqs#ReceiptHandleIsInvalid',
          'The receipt handle is not valid.',
        );
      }
      return {};
    case 'GetQueueAttributes':
      return { Attributes: queueAttributes(queue) };
    default:
      throw new ServiceFault('com.amazonaws.sqs#UnsupportedOperation', `no operation ${action} here`);
  }
}

function within(name: string, value: Json, min: number, max: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new ServiceFault(
    'com.amazonaws.sqs#InvalidParameterValue',
    `Value ${JSON.stringify(value)} for parameter ${name} is invalid. Reason: must be from ${min} to ${max}.`,
  );
}

function attributesOf(value: Json | undefined): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isObject(item) ? String(item.StringValue) : '']),
  );
}

function received(message: Message) {
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: {
      SentTimestamp: String(message.sentMs),
      ApproximateReceiveCount: String(message.receiveCount),
    },
    MessageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([key, value]) => [
        key,
        { DataType: 'String', StringValue: value },
      ]),
    ),
  };
}

function queueAttributes(queue: Queue): Record<string, string> {
  const now = Date.now();
  const visible = queue.messages.filter(({ visibleFromMs }) => visibleFromMs <= now).length;
  return {
    QueueArn: queue.arn,
    VisibilityTimeout: String(queue.visibilitySeconds),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(queue.messages.length - visible),
  };
}
