// moto's server, with the same world in it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  RequestSpotInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import { createScalingGroup, createTargetGroups } from './moto-fleet.ts';
import { BUILT_DOCUMENT } from './ours.ts';
import {
  BUCKET,
  clientsOf,
  DOCUMENT,
  FIFO_DELAY,
  FIFO_QUEUE,
  FLEET_SIZE,
  FLEET_TAGS,
  GUARDED_TAGS,
  type Place,
  QUEUE,
  QUEUE_VISIBILITY,
} from './place.ts';

/** `programs`: the environment in which moto is installed. */
export async function openMoto(programs: string): Promise<Place> {
  const child = spawn(
    join(programs, 'python'),
    ['-I', join(programs, 'moto_server'), '-H', '127.0.0.1', '-p', '0'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PYTHONUNBUFFERED: '1' },
    },
  );
  const ended = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  try {
    const url = await addressOf(child.stderr);
    const place = { url };
    const { ec2, ssm, sqs, s3 } = clientsOf(place);
    // Each in a reservation of its own: moto pages by reservations.
    const launch = async (tags: Readonly<Record<string, string>>): Promise<string> => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const { Instances } = await ec2.send(
        new RunInstancesCommand({
          ImageId: 'ami-12c6146b',
          MinCount: 1,
          MaxCount: 1,
          ...(Tags.length > 0 ? { TagSpecifications: [{ ResourceType: 'instance', Tags }] } : {}),
        }),
      );
      return Instances?.[0]?.InstanceId ?? '';
    };
    const [guarded, unregistered, terminated] = [
      await launch(GUARDED_TAGS),
      await launch({}),
      await launch({}),
    ];
    const fleet: string[] = [];
    while (fleet.length < FLEET_SIZE) fleet.push(await launch(FLEET_TAGS));
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [terminated] }));
    const { SpotInstanceRequests: [request] = [] } = await ec2.send(
      new RequestSpotInstancesCommand({
        SpotPrice: '1',
        LaunchSpecification: { ImageId: 'ami-12c6146b', InstanceType: 'm7g.large' },
      }),
    );
    await ssm.send(
      new CreateDocumentCommand({
        Name: DOCUMENT,
        DocumentType: 'Command',
        Content: readFileSync(BUILT_DOCUMENT, 'utf8'),
      }),
    );
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({
        QueueName: QUEUE,
        Attributes: { VisibilityTimeout: String(QUEUE_VISIBILITY) },
      }),
    );
    const { QueueUrl: fifoUrl = '' } = await sqs.send(
      new CreateQueueCommand({
        QueueName: FIFO_QUEUE,
        Attributes: {
          FifoQueue: 'true',
          VisibilityTimeout: String(QUEUE_VISIBILITY),
          DelaySeconds: String(FIFO_DELAY),
        },
      }),
    );
    const targetGroup = await createTargetGroups(place, fleet);
    const members = await createScalingGroup(place);
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return {
      name: 'moto',
      url,
      guarded,
      unregistered,
      terminated,
      spot: request?.InstanceId ?? '',
      spotRequest: request?.SpotInstanceRequestId ?? '',
      fleet,
      targetGroup,
      members,
      queueUrl: QueueUrl,
      fifoUrl,
      // Its commands end as they are sent.
      finishFirstStep: () => undefined,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function addressOf(stderr: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = [];
  // Read to the end: a full pipe would stop the server.
  const reader = createInterface({ input: stderr });
  return new Promise((resolve, reject) => {
    reader.on('line', (line) => {
      const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
      else if (lines.length < 20) lines.push(line);
    });
    reader.on('close', () => reject(new Error(`moto's server ended: ${lines.join('\n')}`)));
  });
}
