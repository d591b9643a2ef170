// EC2, SSM, S3, SQS and what instances belong to on loopback, as the rehearsal has them, and the functions that read queues as processes.

import { STEPS } from '../../contract/document.ts';
import { FUNCTION_VARIABLES } from '../../contract/environment.ts';
import type { OutcomeRecord } from '../../contract/outcomes.ts';
import type { Ticket } from '../../contract/ticket.ts';
import { Bucket } from '../../rehearsal/region/bucket.ts';
import { Commands, type StepResult } from '../../rehearsal/region/commands.ts';
import { parseDocument } from '../../rehearsal/region/document.ts';
import { autoScalingService } from '../../rehearsal/region/endpoints/auto-scaling.ts';
import { type Ec2Instance, ec2Service } from '../../rehearsal/region/endpoints/ec2.ts';
import { loadBalancingService, taggingService } from '../../rehearsal/region/endpoints/load-balancing.ts';
import { s3Service } from '../../rehearsal/region/endpoints/s3.ts';
import { type ApiCall, openEndpoint, type PlantedFault } from '../../rehearsal/region/endpoints/server.ts';
import { sqsService } from '../../rehearsal/region/endpoints/sqs.ts';
import { ssmService } from '../../rehearsal/region/endpoints/ssm.ts';
import { Fleet, type FleetSetup } from '../../rehearsal/region/fleet.ts';
import { Queue } from '../../rehearsal/region/queue.ts';
import { ACCOUNT, FUNCTION_ARN, REGION } from './events.ts';
import { ENVIRONMENT, type Invocation, invoke } from './invoke.ts';

/** The functions keep two seconds of it back. Where a fault is planted, they try until the rest is over. */
const SOUND_MS = 60_000;
const FAULTY_MS = 4_000;
/** Of that `respond` keeps four seconds back, for what is to be said and to be tidied. */
const FAULTY_OVERFLOW_MS = 7_000;
const DOCUMENT = 'SpotGuard-Document-1';
const CONTENT = {
  schemaVersion: '2.2',
  parameters: { Notices: { type: 'String' } },
  mainSteps: [],
};
const ARN = (service: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:`;
/** All, but for commands to instances without the tag. */
const POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    {
      Effect: 'Deny',
      Action: 'ssm:SendCommand',
      Resource: 'arn:aws:ec2:*:*:instance/*',
      Condition: { StringNotEquals: { 'ssm:resourceTag/spot-guard': 'enabled' } },
    },
  ],
};

export interface LoopbackPlace {
  readonly bucket: Bucket;
  /** Of tickets. */
  readonly queue: Queue;
  readonly overflow: Queue;
  readonly deadLetters: Queue;
  /** Of requests to `fleet`. */
  readonly requests: Queue;
  readonly fleet: Fleet;
  /** Ids that SSM does not know, and those whose tags it does not know of. */
  readonly unregistered: Set<string>;
  readonly untagged: Set<string>;
  readonly commands: Commands;
  readonly instances: Ec2Instance[];
  readonly calls: ApiCall[];
  readonly faults: PlantedFault[];
  /** A command on the instance, whose steps ended well, the last with that output. */
  command(instanceId: string, output: string, document?: string, atMs?: number): string;
  outcomes(): OutcomeRecord[];
  settle(...bodies: readonly string[]): Promise<Invocation>;
  cover(): Promise<Invocation>;
  /** Puts the bodies into the overflow queue, and hands the first ten that can be seen to `respond`, as Lambda does. */
  answer(...bodies: readonly string[]): Promise<Invocation>;
  /** The same with the queue of requests, and `fleet`. */
  act(...bodies: readonly string[]): Promise<Invocation>;
  /** Somebody has deleted it. */
  removeQueue(name: string): void;
  close(): Promise<void>;
}

export async function openLoopbackPlace(setup: FleetSetup = {}): Promise<LoopbackPlace> {
  const bucket = new Bucket({ name: 'history', arn: 'arn:aws:s3:::history', policy: null });
  const commands = new Commands();
  const instances: Ec2Instance[] = [];
  const calls: ApiCall[] = [];
  const faults: PlantedFault[] = [];
  const unexpected: string[] = [];
  const queueOf = (name: string, visibilitySeconds: number): Queue =>
    new Queue({
      name,
      arn: `${ARN('sqs')}${name}`,
      url: `http://127.0.0.1/${name}`,
      policy: null,
      visibilitySeconds,
      fifo: name.endsWith('.fifo'),
    });
  const queue = queueOf('tickets.fifo', 360);
  const overflow = queueOf('overflow', 20);
  const deadLetters = queueOf('dead-letters', 30);
  const requests = queueOf('fleet', 30);
  const queues = [queue, overflow, deadLetters, requests];
  const fleet = new Fleet(setup, ARN);
  const unregistered = new Set<string>();
  const untagged = new Set<string>();
  const endpoint = await openEndpoint({
    region: REGION,
    principals: new Map([
      [
        'a',
        {
          by: 'function',
          arn: `arn:aws:iam::${ACCOUNT}:role/r`,
          account: ACCOUNT,
          policies: { identity: [{ name: 'own', policy: POLICY }] },
        },
      ],
    ]),
    faults,
    onCall: (call) => calls.push(call),
    onFault: (fault) => unexpected.push(fault),
    services: [
      ec2Service({ account: ACCOUNT, region: REGION }, () => instances),
      ssmService({
        account: ACCOUNT,
        arnPrefix: ARN,
        documents: new Map([[DOCUMENT, parseDocument(DOCUMENT, CONTENT)]]),
        commands,
        isRegistered: (id) => !unregistered.has(id),
        tags: (id) => (untagged.has(id) ? {} : (instances.find((one) => one.id === id)?.tags ?? {})),
      }),
      s3Service({ partition: 'aws', buckets: () => [bucket] }),
      sqsService(() => queues, ARN('sqs')),
      loadBalancingService(fleet),
      taggingService(fleet),
      autoScalingService(fleet),
    ],
  });
  const environment = {
    ...ENVIRONMENT,
    [FUNCTION_VARIABLES.settlementQueue]: `${endpoint.url}/${ACCOUNT}/tickets.fifo`,
    [FUNCTION_VARIABLES.overflowQueue]: `${endpoint.url}/${ACCOUNT}/overflow`,
    [FUNCTION_VARIABLES.deadLetterQueue]: `${endpoint.url}/${ACCOUNT}/dead-letters`,
    [FUNCTION_VARIABLES.fleetQueue]: `${endpoint.url}/${ACCOUNT}/fleet`,
    AWS_ENDPOINT_URL: endpoint.url,
  };
  const remainingMs = () => (faults.length > 0 ? FAULTY_MS : SOUND_MS);
  /** The first ten that can be seen; with the others the function does as it likes. */
  async function read(from: Queue, part: string, bodies: readonly string[]): Promise<Invocation> {
    for (const body of bodies) from.send(body);
    const Records = from.receiveNow(10).map(({ id, body, receiptHandle, receiveCount }) => ({
      messageId: id,
      body,
      receiptHandle,
      attributes: { ApproximateReceiveCount: String(receiveCount) },
    }));
    const invocation = await invoke({ Records }, environment, {
      part,
      arn: FUNCTION_ARN,
      remainingMs: faults.length > 0 ? FAULTY_OVERFLOW_MS : SOUND_MS,
    });
    const failed = invocation.error === '' ? failuresOf(invocation.answer) : [];
    for (const { messageId, receiptHandle } of Records) {
      if (invocation.error === '' && !failed.includes(messageId)) from.delete(receiptHandle);
    }
    return invocation;
  }
  return {
    bucket,
    queue,
    overflow,
    deadLetters,
    requests,
    fleet,
    unregistered,
    untagged,
    commands,
    instances,
    calls,
    faults,
    command(instanceId, output, document = DOCUMENT, atMs = Date.now() - 100_000) {
      const id = crypto.randomUUID();
      commands.send({
        id,
        document: parseDocument(document, CONTENT),
        parameters: {},
        comment: 'spot-guard',
        instanceIds: [instanceId],
        receivedMs: atMs,
        timeoutSeconds: 120,
      });
      const invocation = commands.find(id, instanceId);
      if (invocation) invocation.status = 'Success';
      invocation?.steps.push(
        ...STEPS.map((name): StepResult => {
          const stdout = name === 'report' ? output : '';
          return { name, status: 'Success', exit: 0, started: atMs, ended: atMs + 1_000, stdout, stderr: '' };
        }),
      );
      return id;
    },
    outcomes: () =>
      bucket.list('outcomes/', '').map(({ body }) => JSON.parse(body.toString('utf8')) as OutcomeRecord),
    settle: (...bodies) => {
      const records = bodies.map((body, index) => {
        const { id } = queue.send(body, {}, { groupId: `${index}`, deduplicationId: crypto.randomUUID() });
        return { messageId: id, body };
      });
      const received = queue.receiveNow(10);
      const Records = records.map((record) => ({
        ...record,
        receiptHandle: received.find(({ id }) => id === record.messageId)?.receiptHandle,
      }));
      return invoke({ Records }, environment, {
        part: 'settle',
        arn: FUNCTION_ARN,
        remainingMs: remainingMs(),
      });
    },
    cover: () => invoke({}, environment, { part: 'coverage', arn: FUNCTION_ARN, remainingMs: remainingMs() }),
    act: (...bodies) => read(requests, 'fleet', bodies),
    removeQueue(name) {
      queues.splice(
        queues.findIndex((one) => one.name === name),
        1,
      );
    },
    answer: (...bodies) => read(overflow, 'respond', bodies),
    async close() {
      await endpoint.close();
      if (unexpected.length > 0) throw new Error(unexpected.join('; '));
    },
  };
}

/** Of a notice of two and a half minutes ago. */
export function freshTicket(instanceId: string, more: Partial<Ticket> = {}): Ticket {
  const noticeMs = Math.floor(Date.now() / 1000) * 1000 - 151_000;
  return {
    version: 1,
    instanceId,
    action: 'terminate',
    noticeTime: new Date(noticeMs).toISOString().replace('.000Z', 'Z'),
    deadline: noticeMs / 1000 + 120,
    left: 'commandSent',
    guarded: true,
    document: 'SpotGuard-Document-1',
    ...more,
  };
}

/** As the guard of that instance prints it for that ticket. */
export function reportFor({ instanceId, deadline }: Ticket, more: object = {}): string {
  const at = deadline - 100;
  const stages = ['drain', 'save', 'clean', 'report'].map((name) => ({
    name,
    started: at,
    ended: at,
    until: at,
    exit: 0,
  }));
  return JSON.stringify({
    version: 1,
    instanceId,
    action: 'terminate',
    deadline,
    result: 'graceful',
    secondsToSpare: 100,
    attempt: 1,
    stages,
    tasks: [],
    acknowledged: [],
    refused: [],
    warnings: 0,
    leftovers: 0,
    ...more,
  });
}

/** Ids of the messages that a function wants again. */
export function failuresOf(answer: unknown): string[] {
  const { batchItemFailures } = answer as { batchItemFailures: { itemIdentifier: string }[] };
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}
