// Lambda's side of a queue that it reads for a function: it takes messages in batches, and deletes what the function has
// done. What failed comes back when its visibility ends, and is dead-lettered by the queue in the end.
import { isObject, type Json } from '../template/template.ts';
import type { InvocationResult } from './lambda-environment.ts';
import type { Message, Queue } from './queue.ts';

export interface EventSource {
  readonly queueArn: string;
  readonly functionArn: string;
  readonly batchSize: number;
  /** Calls at once. */
  readonly concurrency: number;
  readonly reportsFailures: boolean;
}

/** What it asks of a function. */
export interface Invoked {
  readonly spec: { readonly name: string; readonly arn: string };
  invoke(event: Json): Promise<InvocationResult>;
}

export interface ReadQueue {
  readonly source: EventSource;
  readonly queue: Queue;
  readonly target: Invoked;
  readonly region: string;
  /** Whether the function's role may call it on the queue: Lambda asks in its name. */
  readonly may: (action: string) => Promise<boolean>;
}

/** What Lambda itself calls, in the name of the function's role. */
const ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/** One batch, if there is one now. Returns how many messages it took. Throws where the role may not read the queue. */
export async function readOnce(read: ReadQueue): Promise<number> {
  const { source, queue, target } = read;
  for (const action of ACTIONS) {
    if (!(await read.may(action)))
      throw new Error(`Lambda may not ${action} ${queue.name} as ${target.spec.name}`);
  }
  const messages = queue.receiveNow(source.batchSize);
  if (messages.length === 0) return 0;
  const result = await target.invoke({ Records: messages.map((message) => recordOf(message, read)) });
  const failed =
    result.functionError === undefined ? failuresIn(result.payload, read) : messages.map(({ id }) => id);
  for (const message of messages) {
    if (!failed.includes(message.id)) queue.delete(message.receiptHandle);
  }
  return messages.length;
}

/** An answer that names no failures is success for all; without the setting any answer is. */
function failuresIn(answer: Json, { source }: ReadQueue): string[] {
  if (!source.reportsFailures || !isObject(answer) || !Array.isArray(answer.batchItemFailures)) return [];
  return answer.batchItemFailures.map((one: Json) => String(isObject(one) ? one.itemIdentifier : ''));
}

function recordOf(message: Message, { source, queue, region }: ReadQueue): Json {
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentMs),
      SenderId: 'rehearsal',
      ApproximateFirstReceiveTimestamp: String(queue.now()),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: source.queueArn,
    awsRegion: region,
  };
}
