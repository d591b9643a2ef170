// The local endpoints, behind a recorder.
import { readFileSync } from 'node:fs';
import { Bucket } from '../../rehearsal/region/bucket.ts';
import { Commands } from '../../rehearsal/region/commands.ts';
import { parseDocument } from '../../rehearsal/region/document.ts';
import { autoScalingService } from '../../rehearsal/region/endpoints/auto-scaling.ts';
import { type Ec2Instance, ec2Service } from '../../rehearsal/region/endpoints/ec2.ts';
import { loadBalancingService, taggingService } from '../../rehearsal/region/endpoints/load-balancing.ts';
import { s3Service } from '../../rehearsal/region/endpoints/s3.ts';
import { openEndpoint, type PlantedFault } from '../../rehearsal/region/endpoints/server.ts';
import { sqsService } from '../../rehearsal/region/endpoints/sqs.ts';
import { ssmService } from '../../rehearsal/region/endpoints/ssm.ts';
import { Fleet } from '../../rehearsal/region/fleet.ts';
import { Queue } from '../../rehearsal/region/queue.ts';
import { ACCOUNT, instanceIdOf, REGION } from '../lambda/events.ts';
import { ENVIRONMENT } from '../lambda/invoke.ts';
import {
  BUCKET,
  DEREGISTER,
  DOCUMENT,
  FIFO_DELAY,
  FIFO_QUEUE,
  FLEET_SIZE,
  FLEET_TAGS,
  GUARDED_TAGS,
  type Place,
  QUEUE,
  QUEUE_VISIBILITY,
  queueUrlAt,
  REPLACE,
  SCALING_GROUP,
  TARGET_GROUP,
  TARGET_PORTS,
} from './place.ts';
import { type Exchange, openRecorder } from './recorder.ts';

export const BUILT_DOCUMENT = new URL('../../dist/instance/graceful-shutdown.json', import.meta.url);

export interface Ours extends Place {
  readonly exchanges: readonly Exchange[];
  /** Planted while it runs. */
  readonly faults: PlantedFault[];
  /** Whether the one role may call anything. */
  allowed: boolean;
}

export async function openOurs(): Promise<Ours> {
  const arnPrefix = (service: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:`;
  const [guarded, unregistered, terminated] = [instanceIdOf(1), instanceIdOf(2), instanceIdOf(3)];
  const [spot, spotRequest] = [instanceIdOf(4), 'sir-abcdefgh'];
  const fleet = Array.from({ length: FLEET_SIZE }, (_, index) => instanceIdOf(100 + index));
  const instances: Ec2Instance[] = [
    { id: guarded, tags: GUARDED_TAGS, state: 'running' },
    { id: unregistered, tags: {}, state: 'running' },
    {
      id: terminated,
      tags: {},
      state: 'terminated',
      stateReason: {
        code: 'Client.UserInitiatedShutdown',
        message: 'Client.UserInitiatedShutdown: User initiated shutdown',
      },
    },
    {
      id: spot,
      tags: {},
      state: 'running',
      spotRequest: { id: spotRequest, code: 'fulfilled', updatedMs: Date.now(), state: 'active' },
    },
    ...fleet.map((id): Ec2Instance => ({ id, tags: FLEET_TAGS, state: 'running' })),
  ];
  const members = [instanceIdOf(5), instanceIdOf(6), instanceIdOf(7)];
  const belongs = new Fleet(
    {
      targetGroups: [
        {
          name: TARGET_GROUP,
          tags: DEREGISTER,
          targets: TARGET_PORTS.flatMap(([nth, port]) => ({ id: fleet[nth] ?? '', port })),
        },
        { name: 'not-tagged', targets: [] },
      ],
      scalingGroups: [
        {
          name: SCALING_GROUP,
          tags: REPLACE,
          members: Object.fromEntries(members.map((id) => [id, 'InService'])),
        },
      ],
    },
    arnPrefix,
  );
  const commands = new Commands();
  const document = parseDocument(DOCUMENT, JSON.parse(readFileSync(BUILT_DOCUMENT, 'utf8')));
  const queues: Queue[] = [];
  const bucket = new Bucket({ name: BUCKET, arn: `arn:aws:s3:::${BUCKET}`, policy: null });
  const faults: PlantedFault[] = [];
  const policy = (effect: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: effect, Action: '*', Resource: '*' }],
  });
  const allow = [{ name: 'p', policy: policy('Allow') }];
  const principals = new Map([
    [
      ENVIRONMENT.AWS_ACCESS_KEY_ID ?? '',
      {
        by: 'respond',
        arn: `arn:aws:iam::${ACCOUNT}:role/r`,
        account: ACCOUNT,
        policies: { identity: allow },
      },
    ],
  ]);
  const endpoint = await openEndpoint({
    region: REGION,
    faults,
    principals,
    onCall: () => undefined,
    onFault: (fault) => {
      throw new Error(fault);
    },
    services: [
      ec2Service({ account: ACCOUNT, region: REGION }, () => instances),
      ssmService({
        account: ACCOUNT,
        arnPrefix,
        commands,
        documents: new Map([[DOCUMENT, document]]),
        isRegistered: (id) => id === guarded || fleet.includes(id),
        tags: (id) => instances.find((one) => one.id === id)?.tags ?? {},
      }),
      sqsService(() => queues, arnPrefix('sqs')),
      s3Service({ partition: 'aws', buckets: () => [bucket] }),
      loadBalancingService(belongs),
      taggingService(belongs),
      autoScalingService(belongs),
    ],
  });
  const recorder = await openRecorder(endpoint.url);
  const fifoUrl = queueUrlAt(recorder.url, FIFO_QUEUE);
  const queueUrl = queueUrlAt(recorder.url, QUEUE);
  queues.push(
    new Queue({
      name: QUEUE,
      arn: `${arnPrefix('sqs')}${QUEUE}`,
      url: queueUrl,
      policy: null,
      visibilitySeconds: QUEUE_VISIBILITY,
    }),
    new Queue({
      name: FIFO_QUEUE,
      arn: `${arnPrefix('sqs')}${FIFO_QUEUE}`,
      url: fifoUrl,
      policy: null,
      visibilitySeconds: QUEUE_VISIBILITY,
      fifo: true,
      delaySeconds: FIFO_DELAY,
    }),
  );
  return {
    name: 'ours',
    url: recorder.url,
    guarded,
    unregistered,
    terminated,
    spot,
    spotRequest,
    fleet,
    targetGroup: belongs.targetGroups[0]?.arn ?? '',
    members,
    queueUrl,
    fifoUrl,
    exchanges: recorder.exchanges,
    faults,
    set allowed(value: boolean) {
      allow.splice(0, 1, { name: 'p', policy: policy(value ? 'Allow' : 'Deny') });
    },
    finishFirstStep(commandId) {
      const name = document.steps[0]?.name ?? '';
      const step = { status: 'Success', exit: 0, started: 1_000, ended: 2_000, stdout: 'on', stderr: '' };
      commands.find(commandId, guarded)?.steps.push({ name, ...step, status: 'Success' });
    },
    async close() {
      await recorder.close();
      await endpoint.close();
    },
  };
}
