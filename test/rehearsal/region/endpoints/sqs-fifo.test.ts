// The local SQS's FIFO queues as the real SDK sees them, by a clock that the test plays; and what both types have.
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Queue } from '../../../../rehearsal/region/queue.ts';
import { type LocalAws, openLocalAws } from './local-aws.ts';

const QUEUE = { name: 'q', arn: '', url: '', policy: null, visibilitySeconds: 30 };
let aws: LocalAws;
beforeAll(async () => {
  aws = await openLocalAws();
});

describe('a FIFO queue', () => {
  const sqs = () => new SQSClient(aws.config);
  const send = (body: string, more: Partial<SendMessageCommandInput> = {}) =>
    sqs().send(
      new SendMessageCommand({
        QueueUrl: aws.fifo.url,
        MessageBody: body,
        MessageGroupId: 'g',
        MessageDeduplicationId: body,
        ...more,
      }),
    );
  const receive = async (max = 10) =>
    (
      await sqs().send(
        new ReceiveMessageCommand({
          QueueUrl: aws.fifo.url,
          MaxNumberOfMessages: max,
          MessageSystemAttributeNames: ['All'],
        }),
      )
    ).Messages ?? [];
  const remove = (ReceiptHandle: string | undefined) =>
    sqs().send(new DeleteMessageCommand({ QueueUrl: aws.fifo.url, ReceiptHandle }));
  const pass = (seconds: number) => {
    aws.clock.ms += seconds * 1000;
  };
  const bodies = (messages: Message[]) => messages.map(({ Body }) => Body);
  afterEach(async () => {
    for (pass(60); aws.fifo.messages.length > 0; pass(60)) {
      for (const { ReceiptHandle } of await receive()) await remove(ReceiptHandle);
    }
    pass(300);
  });

  it('holds each message for its own delay, and says from when something is there', async () => {
    expect(aws.fifo.nextVisibleMs()).toBeUndefined();
    const sentMs = aws.clock.ms;
    await send('a');
    expect(await receive()).toEqual([]);
    expect(aws.fifo.nextVisibleMs()).toBe(sentMs + 60_000);
    pass(59.999);
    expect(await receive()).toEqual([]);
    pass(0.001);
    const [message] = await receive();
    expect(message?.Attributes).toEqual({
      SentTimestamp: String(sentMs),
      ApproximateReceiveCount: '1',
      ApproximateFirstReceiveTimestamp: String(sentMs + 60_000),
      MessageGroupId: 'g',
      MessageDeduplicationId: 'a',
      SequenceNumber: expect.stringMatching(/^\d{20}$/),
    });
    expect(aws.fifo.nextVisibleMs()).toBe(sentMs + 90_000);
  });

  it('hands out a group in order, and nothing of it while one of it is in flight', async () => {
    for (const body of ['a1', 'a2', 'a3']) await send(body, { MessageGroupId: 'a' });
    await send('b1', { MessageGroupId: 'b' });
    pass(60);
    const [a1, ...none] = await receive(1);
    expect([a1?.Body, ...none]).toEqual(['a1']);
    expect(bodies(await receive())).toEqual(['b1']);
    expect(await receive()).toEqual([]);
    await remove(a1?.ReceiptHandle);
    const rest = await receive();
    expect(bodies(rest)).toEqual(['a2', 'a3']);
    await remove(rest[1]?.ReceiptHandle);
    await send('a4', { MessageGroupId: 'a' });
    pass(29);
    expect(await receive()).toEqual([]);
    pass(31);
    expect(aws.fifo.receiveNow(10).map(({ body }) => body)).toEqual(['a2', 'a4', 'b1']);
  });

  it('hands out nothing of a group that was given back in part', async () => {
    for (const body of ['a1', 'a2']) await send(body);
    pass(60);
    const [a1, a2] = await receive();
    pass(10);
    const back = { QueueUrl: aws.fifo.url, ReceiptHandle: a1?.ReceiptHandle, VisibilityTimeout: 0 };
    await sqs().send(new ChangeMessageVisibilityCommand(back));
    expect(await receive()).toEqual([]);
    expect(aws.fifo.nextVisibleMs()).toBe(aws.clock.ms + 20_000);
    await remove(a2?.ReceiptHandle);
    expect(aws.fifo.nextVisibleMs()).toBe(aws.clock.ms);
    expect(bodies(await receive())).toEqual(['a1']);
  });

  it('keeps what comes behind a message that is not there yet', () => {
    const now = () => 0;
    const queue = new Queue({ ...QUEUE, name: 'q.fifo', fifo: true, now });
    queue.send('first', {}, { groupId: 'g', delaySeconds: 90 });
    queue.send('second', {}, { groupId: 'g', delaySeconds: 0 });
    expect(queue.receiveNow(10)).toEqual([]);
    expect(queue.nextVisibleMs()).toBe(90_000);
  });

  it('takes a message once in five minutes, and answers with the first', async () => {
    const first = await send('once');
    pass(299);
    const again = await send('other', { MessageDeduplicationId: 'once' });
    expect(again).toMatchObject({ MessageId: first.MessageId, SequenceNumber: first.SequenceNumber });
    expect(aws.fifo.messages).toHaveLength(1);
    for (const { ReceiptHandle } of await receive()) await remove(ReceiptHandle);
    pass(1);
    const late = await send('once');
    expect(late.MessageId).not.toBe(first.MessageId);
    expect(BigInt(late.SequenceNumber ?? 0) > BigInt(first.SequenceNumber ?? 0)).toBe(true);
    expect(aws.fifo.messages).toHaveLength(1);
  });

  it('refuses what its type does not have, and a handle that has expired', async () => {
    const refusals: [Partial<SendMessageCommandInput>, string][] = [
      [{ MessageGroupId: undefined }, 'MissingParameter'],
      [{ MessageDeduplicationId: undefined }, 'InvalidParameterValue'],
      [{ DelaySeconds: 5 }, 'InvalidParameterValue'],
      [{ MessageGroupId: 'a b' }, 'InvalidParameterValue'],
      [{ QueueUrl: aws.queue.url }, 'InvalidParameterValue'],
    ];
    for (const [more, name] of refusals) {
      await expect(send('x', more), JSON.stringify(more)).rejects.toMatchObject({ name });
    }
    await send('x');
    pass(60);
    const [message] = await receive();
    pass(30);
    await expect(remove(message?.ReceiptHandle)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('takes a batch entry by entry', async () => {
    const entry = (Id: string, more: object = {}) => ({
      Id,
      MessageBody: Id,
      MessageGroupId: 'g',
      MessageDeduplicationId: Id,
      ...more,
    });
    const batch = (...Entries: SendMessageBatchRequestEntry[]) =>
      sqs().send(new SendMessageBatchCommand({ QueueUrl: aws.fifo.url, Entries }));
    const { Successful, Failed } = await batch(
      entry('a'),
      entry('b', { MessageGroupId: undefined }),
      entry('c', { DelaySeconds: 1 }),
      entry('d', { MessageDeduplicationId: 'a' }),
    );
    expect(Successful?.map(({ Id }) => Id)).toEqual(['a', 'd']);
    expect(Successful?.[1]?.MessageId).toBe(Successful?.[0]?.MessageId);
    expect(Failed).toMatchObject([
      { Id: 'b', SenderFault: true, Code: 'MissingParameter' },
      { Id: 'c', SenderFault: true, Code: 'InvalidParameterValue' },
    ]);
    expect(aws.fifo.messages).toHaveLength(1);
    const refused = async (...entries: SendMessageBatchRequestEntry[]) =>
      batch(...entries).then(
        () => 'accepted',
        ({ name }: Error) => name,
      );
    expect(await refused()).toMatch(/EmptyBatchRequest$/);
    const eleven = Array.from({ length: 11 }, (_, n) => entry(`n${n}`));
    expect(await refused(...eleven)).toMatch(/TooManyEntriesInBatchRequest$/);
    expect(await refused(entry('a'), entry('a'))).toMatch(/BatchEntryIdsNotDistinct$/);
    expect(await refused(entry('a b'))).toMatch(/InvalidBatchEntryId$/);
    expect(aws.calls.at(-1)).toMatchObject({ action: 'SendMessageBatch', allowed: true });
  });

  it('has a name that says so', () => {
    expect(() => new Queue({ ...QUEUE, fifo: true })).toThrow(/ends in .fifo/);
    expect(() => new Queue({ ...QUEUE, name: 'q.fifo' })).toThrow(/ends in .fifo/);
  });
});

describe('a standard queue', () => {
  it('delays what names no delay of its own, and no group orders it', () => {
    let nowMs = 0;
    const queue = new Queue({ ...QUEUE, delaySeconds: 60, now: () => nowMs });
    queue.send('held', {}, { groupId: 'g' });
    queue.send('now', {}, { delaySeconds: 0, groupId: 'g' });
    expect(queue.nextVisibleMs()).toBe(0);
    expect(queue.receiveNow(10).map(({ body }) => body)).toEqual(['now']);
    expect(queue.nextVisibleMs()).toBe(30_000);
    nowMs = 60_000;
    expect(queue.receiveNow(10).map(({ body }) => body)).toEqual(['held', 'now']);
    expect(queue.messages.map(({ firstReceivedMs }) => firstReceivedMs)).toEqual([60_000, 0]);
  });
});
