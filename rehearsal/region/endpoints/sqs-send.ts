// SendMessage, alone or in a batch: what SQS refuses of a message.
import { createHash } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../../template/template.ts';
import type { Queue, SendOptions } from '../queue.ts';
import { ServiceFault } from './service.ts';
import { invalid, missing, within } from './sqs-faults.ts';

/** What XML 1.0 has no place for (SendMessage, MessageBody). */
const NO_MESSAGE = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
/** Alphanumeric and punctuation (SendMessage, MessageGroupId and MessageDeduplicationId). */
const TOKEN = /^[\x21-\x7e]{1,128}$/;
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
