// SendMessage and SendMessageBatch: what SQS refuses of a message, and of a batch as such.
import { createHash } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../../template/template.ts';
import type { Queue, SendOptions } from '../queue.ts';
import { ServiceFault } from './service.ts';
import { invalid, missing, QUERY_CODES, within } from './sqs-faults.ts';

/** What XML 1.0 has no place for (SendMessage, MessageBody). */
const NO_MESSAGE = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
/** Alphanumeric and punctuation (SendMessage, MessageGroupId and MessageDeduplicationId). */
const TOKEN = /^[\x21-\x7e]{1,128}$/;
const ENTRY_ID = /^[\w-]{1,80}$/;
const ENTRIES = 10;
const NOT_OF_THIS_TYPE = 'The request include parameter that is not valid for this queue type.';

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

export function sendMessage(queue: Queue, input: JsonObject) {
  const body = String(input.MessageBody ?? '');
  if (body === '') throw missing('MessageBody');
  if (NO_MESSAGE.test(body)) {
    const message = 'The message contains characters outside the allowed set.';
    throw new ServiceFault('com.amazonaws.sqs#InvalidMessageContents', message);
  }
  const { id, sequenceNumber } = queue.send(
    body,
    attributesOf(input.MessageAttributes),
    optionsOf(queue, input),
  );
  return {
    MessageId: id,
    MD5OfMessageBody: md5(body),
    ...(sequenceNumber === undefined ? {} : { SequenceNumber: sequenceNumber }),
  };
}

/** Each entry stands for itself: one that is refused does not keep the others. */
export function sendMessageBatch(queue: Queue, input: JsonObject) {
  const entries = Array.isArray(input.Entries) ? input.Entries.filter(isObject) : [];
  checkEntries(entries.map(({ Id: id }) => String(id ?? '')));
  const successful: object[] = [];
  const failed: object[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...sendMessage(queue, entry) });
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error;
      const code = QUERY_CODES.get(error.code) ?? error.code;
      failed.push({ Id: entry.Id, SenderFault: true, Code: code, Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
}

function checkEntries(ids: readonly string[]): void {
  if (ids.length === 0) {
    const message = 'There should be at least one SendMessageBatchRequestEntry in the request.';
    throw new ServiceFault('com.amazonaws.sqs#EmptyBatchRequest', message);
  }
  if (ids.length > ENTRIES) {
    const message = `Maximum number of entries per request are ${ENTRIES}. You have sent ${ids.length}.`;
    throw new ServiceFault('com.amazonaws.sqs#TooManyEntriesInBatchRequest', message);
  }
  if (!ids.every((id) => ENTRY_ID.test(id))) {
    const message =
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.';
    throw new ServiceFault('com.amazonaws.sqs#InvalidBatchEntryId', message);
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) < index);
  if (repeated !== undefined) {
    throw new ServiceFault('com.amazonaws.sqs#BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
  }
}

/** Groups are welcome on standard queues, too, where they make it a fair queue and order nothing. */
function optionsOf(queue: Queue, input: JsonObject): SendOptions {
  const groupId = tokenOf('MessageGroupId', input);
  const deduplicationId = tokenOf('MessageDeduplicationId', input);
  const delay = input.DelaySeconds;
  if (!queue.fifo) {
    if (deduplicationId !== undefined) {
      throw invalid('MessageDeduplicationId', deduplicationId, NOT_OF_THIS_TYPE);
    }
    return {
      ...(delay === undefined ? {} : { delaySeconds: within('DelaySeconds', delay, 0, 900) }),
      ...(groupId === undefined ? {} : { groupId }),
    };
  }
  if (delay !== undefined) throw invalid('DelaySeconds', delay, NOT_OF_THIS_TYPE);
  if (groupId === undefined) throw missing('MessageGroupId');
  if (deduplicationId === undefined) {
    throw invalid(
      'MessageDeduplicationId',
      '',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  return { groupId, deduplicationId };
}

function tokenOf(name: string, input: JsonObject): string | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (TOKEN.test(String(value))) return String(value);
  throw invalid(
    name,
    value,
    `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  );
}

function attributesOf(value: Json | undefined): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isObject(item) ? String(item.StringValue) : '']),
  );
}
