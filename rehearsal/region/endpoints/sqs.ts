// SQS over AWS JSON 1.0, on the queues of the template.
import type { JsonObject } from '../../template/template.ts';
import type { Message, Queue } from '../queue.ts';
import { jsonProtocol, type Service, ServiceFault, strings } from './service.ts';
import { eachOf } from './sqs-batch.ts';
import { CORAL, invalid, QUERY_CODES, within } from './sqs-faults.ts';
import { md5, sendMessage } from './sqs-send.ts';

const protocol = jsonProtocol({ version: '1.0', message: 'message', queryCodes: QUERY_CODES });
/** What this service gives out; AWS tells a handle of its own from one that is none, too. */
const HANDLE = /^[0-9a-f-]{36}$/;
/** Seconds. */
const MAX_VISIBILITY = 43_200;
/** Not the API's name: a batch is judged as its messages are. */
const IAM_ACTIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'sqs:SendMessage',
  DeleteMessageBatch: 'sqs:DeleteMessage',
  ChangeMessageVisibilityBatch: 'sqs:ChangeMessageVisibility',
};

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
    touches: ({ action: called, input }) => {
      const name = String(
        input.QueueName ??
          String(input.QueueUrl ?? '')
            .split('/')
            .at(-1),
      );
      const action = IAM_ACTIONS[called];
      return [{ resource: `${arnPrefix}${name}`, ...(action === undefined ? {} : { action }) }];
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
    case 'SendMessage':
      return sendMessage(queue, input);
    case 'SendMessageBatch':
      return eachOf('SendMessageBatchRequestEntry', input, (entry) => sendMessage(queue, entry));
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
      return deleteMessage(queue, input);
    case 'DeleteMessageBatch':
      return eachOf('DeleteMessageBatchRequestEntry', input, (entry) => deleteMessage(queue, entry));
    case 'ChangeMessageVisibility':
      return changeVisibility(queue, input);
    case 'ChangeMessageVisibilityBatch':
      return eachOf('ChangeMessageVisibilityBatchRequestEntry', input, (entry) =>
        changeVisibility(queue, entry),
      );
    case 'GetQueueAttributes':
      return { Attributes: only(queueAttributes(queue), strings(input.AttributeNames)) };
    default:
      throw new ServiceFault('com.amazonaws.sqs#UnsupportedOperation', `no operation ${action} here`);
  }
}

function deleteMessage(queue: Queue, input: JsonObject): object {
  const handle = handleOf(input);
  if (queue.fifo && (queue.held(handle)?.visibleFromMs ?? Infinity) <= queue.now()) {
    throw invalid('ReceiptHandle', handle, 'The receipt handle has expired.');
  }
  // An outdated handle is fine, and deletes nothing.
  queue.delete(handle);
  return {};
}

function changeVisibility(queue: Queue, input: JsonObject): object {
  const handle = handleOf(input);
  const seconds = within('VisibilityTimeout', input.VisibilityTimeout ?? -1, 0, MAX_VISIBILITY);
  if (queue.changeVisibility(handle, seconds)) return {};
  const why = 'Message does not exist or is not available for visibility timeout change.';
  throw invalid('ReceiptHandle', handle, why);
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

function received(message: Message, input: JsonObject) {
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: only(
      systemAttributes(message),
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

function systemAttributes(message: Message): Record<string, string> {
  const { groupId, deduplicationId, sequenceNumber } = message;
  return {
    SentTimestamp: String(message.sentMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedMs),
    ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
    ...(deduplicationId === undefined ? {} : { MessageDeduplicationId: deduplicationId }),
    ...(sequenceNumber === undefined ? {} : { SequenceNumber: sequenceNumber }),
  };
}

/** What waits for its first moment is delayed; what was handed out is in flight. */
function queueAttributes(queue: Queue): Record<string, string> {
  const now = queue.now();
  const hidden = queue.messages.filter(({ visibleFromMs }) => visibleFromMs > now);
  const delayed = hidden.filter(({ receiveCount }) => receiveCount === 0).length;
  return {
    QueueArn: queue.arn,
    VisibilityTimeout: String(queue.visibilitySeconds),
    DelaySeconds: String(queue.delaySeconds),
    ApproximateNumberOfMessages: String(queue.messages.length - hidden.length),
    ApproximateNumberOfMessagesNotVisible: String(hidden.length - delayed),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    ...(queue.fifo ? { FifoQueue: 'true', ContentBasedDeduplication: 'false' } : {}),
  };
}
