// The local SQS as the real SDK sees it, and what every service refuses.
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { account, type LocalAws, openLocalAws, region } from './local-aws.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await openLocalAws();
});

describe('SQS', () => {
  const sqs = () => new SQSClient(aws.config);

  it('sends, receives once while invisible, and deletes by the current handle', async () => {
    const { QueueUrl } = await sqs().send(new GetQueueUrlCommand({ QueueName: 'overflow' }));
    await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    const first = await sqs().send(
      new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] }),
    );
    expect(first.Messages?.[0]).toMatchObject({
      Body: 'hello',
      Attributes: { ApproximateReceiveCount: '1' },
    });
    expect((await sqs().send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
    const handle = first.Messages?.[0]?.ReceiptHandle;
    await sqs().send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: handle, VisibilityTimeout: 0 }),
    );
    const again = await sqs().send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    expect(again.Messages).toHaveLength(1);
    await sqs().send(
      new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again.Messages?.[0]?.ReceiptHandle }),
    );
    const { Attributes } = await sqs().send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  });

  it('waits for a message', async () => {
    const waiting = sqs().send(new ReceiveMessageCommand({ QueueUrl: aws.queue.url, WaitTimeSeconds: 5 }));
    await expect.poll(() => aws.calls.length).toBeGreaterThan(0);
    aws.queue.send('late');
    expect((await waiting).Messages?.[0]?.Body).toBe('late');
  });

  it('refuses a queue that does not exist, and a handle that is not current', async () => {
    const gone = new SendMessageCommand({ QueueUrl: `${aws.url}/${account}/gone`, MessageBody: 'x' });
    await expect(sqs().send(gone)).rejects.toMatchObject({ name: 'AccessDenied' });
    const stale = new ChangeMessageVisibilityCommand({
      QueueUrl: aws.queue.url,
      ReceiptHandle: 'x',
      VisibilityTimeout: 1,
    });
    await expect(sqs().send(stale)).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
  });
});

describe('the endpoint', () => {
  it('refuses what is not signed, an unknown key, and another Region', async () => {
    const status = async (authorization?: string) =>
      (
        await fetch(aws.url, {
          method: 'POST',
          body: '{}',
          headers: authorization ? { authorization } : {},
        })
      ).status;
    const signed = (key: string, where: string) =>
      `AWS4-HMAC-SHA256 Credential=${key}/20260101/${where}/ssm/aws4_request, SignedHeaders=host, Signature=0`;
    expect(await status()).toBe(403);
    expect(await status(signed('AKIAOTHER', region))).toBe(403);
    expect(await status(signed('AKIAREHEARSAL', 'eu-west-1'))).toBe(403);
  });
});
