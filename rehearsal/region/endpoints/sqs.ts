// SQS over AWS JSON 1.0, on the queues of the template.
import { createHash } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../../template/template.ts';
import type { Message, Queue } from '../queue.ts';
import { jsonProtocol, type Service, ServiceFault, strings } from './service.ts';

const CORAL = 'com.amazon.coral.service';
/** The service's Smithy model; for the common errors its API reference. */
const QUERY_CODES = new Map([
  [`${CORAL}#AccessDeniedException`, 'AccessDenied'],
  [`${CORAL}#InternalFailure`, 'InternalFailure'],
  [`${CORAL}#InvalidParameterValueException`, 'InvalidParameterValue'],
  [`${CORAL}#MissingRequiredParameterException`, 'MissingParameter'],
  ['com.amazonaws.sqs#InvalidMessageContents', 'InvalidMessageContents'],
  ['com.amazonaws.sqs#QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'],
  ['com.amazonaws.sqs#ReceiptHandleIsInvalid', 'ReceiptHandleIsInvalid'],
  ['com.amazonaws.sqs#RequestThrottled', 'RequestThrottled'],
  ['com.amazonaws.sqs#UnsupportedOperation', 'AWS.SimpleQueueService.UnsupportedOperation'],
]);
const protocol = jsonProtocol({ version: '1.0', message: 'message', queryCodes: QUERY_CODES });
/** What this service gives out; AWS tells a handle of its own from one that is none, too. */
const HANDLE = /^[0-9a-f-]{36}$/;
/** What XML 1.0 has no place for (SendMessage, MessageBody). */
const NO_MESSAGE = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
/** Seconds. */
const MAX_VISIBILITY = 43_200;
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
    denied: { code: `${CORAL}#AccessDeniedException`, status: 403 },
    throttled: { code: 'com.amazonaws.sqs#RequestThrottled', status: 403, message: 'Request is throttled.' },
    broken: `${CORAL}#InternalFailure`,
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
  switch (action) {
    case 'GetQueueUrl':
      return { QueueUrl: queue.url };
    case 'SendMessage': {
      const body = String(input.MessageBody ?? '');
      if (body === '') {
        const message = 'The request must contain the parameter MessageBody.';
        throw new ServiceFault(`${CORAL}#MissingRequiredParameterException`, message);
      }
      if (NO_MESSAGE.test(body)) {
        const message = 'The message contains characters outside the allowed set.';
        throw new ServiceFault('com.amazonaws.sqs#InvalidMessageContents', message);
      }
      const delaySeconds = within('DelaySeconds', input.DelaySeconds ?? 0, 0, 900);
      const { id } = queue.send(body, attributesOf(input.MessageAttributes), delaySeconds);
      return { MessageId: id, MD5OfMessageBody: md5(body) };
    }
    case 'ReceiveMessage': {
      const max = within('MaxNumberOfMessages', input.MaxNumberOfMessages ?? 1, 1, 10);
      const wait = within('WaitTimeSeconds', input.WaitTimeSeconds ?? 0, 0, 20);
      const visibility = within(
        'VisibilityTimeout',
        input.VisibilityTimeout ?? queue.visibilitySeconds,
        0,
        MAX_VISIBILITY,
      );
      const messages = await queue.receive(max, wait, visibility);
      return messages.length > 0 ? { Messages: messages.map((message) => received(message, input)) } : {};
    }
    case 'DeleteMessage':
      // An outdated handle is fine, and deletes nothing.
      queue.delete(handleOf(input));
      return {};
    case 'ChangeMessageVisibility': {
      const handle = handleOf(input);
      const seconds = within('VisibilityTimeout', input.VisibilityTimeout ?? -1, 0, MAX_VISIBILITY);
      if (!queue.changeVisibility(handle, seconds)) {
        throw invalid(
          'ReceiptHandle',
          handle,
          'Message does not exist or is not available for visibility timeout change.',
        );
      }
      return {};
    }
    case 'GetQueueAttributes':
      return { Attributes: only(queueAttributes(queue), strings(input.AttributeNames)) };
    default:
      throw new ServiceFault('com.amazonaws.sqs#UnsupportedOperation', `no operation ${action} here`);
  }
}

function within(name: string, value: Json, min: number, max: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw invalid(name, value, `must be from ${min} to ${max}.`);
}

function invalid(name: string, value: Json, reason: string): ServiceFault {
  return new ServiceFault(
    `${CORAL}#InvalidParameterValueException`,
    `Value ${JSON.stringify(value)} for parameter ${name} is invalid. Reason: ${reason}`,
  );
}

function handleOf(input: JsonObject): string {
  const handle = String(input.ReceiptHandle ?? '');
  if (HANDLE.test(handle)) return handle;
  const message = `The input receipt handle "${handle}" is not a valid receipt handle.`;
  throw new ServiceFault('com.amazonaws.sqs#ReceiptHandleIsInvalid', message, 404);
}

/** The entries that were asked for; nothing was, nothing is told. */
function only<T>(all: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> | undefined {
  const chosen = Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name));
  return chosen.length === 0 ? undefined : Object.fromEntries(chosen);
}

function attributesOf(value: Json | undefined): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isObject(item) ? String(item.StringValue) : '']),
  );
}

function received(message: Message, input: JsonObject) {
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: only(
      {
        SentTimestamp: String(message.sentMs),
        ApproximateReceiveCount: String(message.receiveCount),
      },
      // The second is its name of old.
      [...strings(input.MessageSystemAttributeNames), ...strings(input.AttributeNames)],
    ),
    MessageAttributes: only(
      Object.fromEntries(
        Object.entries(message.attributes).map(([key, value]) => [
          key,
          { DataType: 'String', StringValue: value },
        ]),
      ),
      strings(input.MessageAttributeNames),
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
