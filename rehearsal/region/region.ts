// A Region on one machine, wired as the synthesised template says and in no other way.
import type { Role } from '../machine/metadata-tree.ts';
import type { Place } from '../template/resolve.ts';
import { type QueueSpec, readStack, type Stack } from '../template/stack.ts';
import type { Json, Template } from '../template/template.ts';
import { Bucket } from './bucket.ts';
import { deliveries } from './bus.ts';
import { Commands } from './commands.ts';
import { Concurrency } from './concurrency.ts';
import { type DeliveryOptions, deliver } from './deliver.ts';
import type { CommandDocument } from './document.ts';
import { autoScalingService } from './endpoints/auto-scaling.ts';
import { type Ec2Instance, ec2Service } from './endpoints/ec2.ts';
import { loadBalancingService, taggingService } from './endpoints/load-balancing.ts';
import { s3Service } from './endpoints/s3.ts';
import { openEndpoint, type PlantedFault, type Principal } from './endpoints/server.ts';
import { sqsService } from './endpoints/sqs.ts';
import { ssmService } from './endpoints/ssm.ts';
import type { ReadQueue } from './event-source.ts';
import { Fleet, type FleetSetup } from './fleet.ts';
import { type FunctionWorld, startFunction } from './function-host.ts';
import { type AccessRequest, isAllowed } from './iam.ts';
import type { LambdaFunction } from './lambda.ts';
import type { Usage } from './lambda-environment.ts';
import { readLive } from './live-reading.ts';
import { passTime } from './pass-time.ts';
import { Queue } from './queue.ts';
import type { Rates } from './rates.ts';
import { INSTANCE_ROLE } from './statements.ts';

export interface RegionOptions
  extends DeliveryOptions,
    Pick<
      FunctionWorld,
      | 'place'
      | 'violations'
      | 'onCall'
      | 'onLog'
      | 'onQueued'
      | 'onProblem'
      | 'onDecided'
      | 'troubleOf'
      | 'clock'
    > {
  readonly template: Template;
  readonly instances: readonly Ec2Instance[];
  /** The instance whose role `instanceRole` is. */
  readonly instanceId: string;
  /** What the instances belong to; nothing where absent. */
  readonly fleet?: FleetSetup;
  /** Whether the instance's agent has registered with SSM. */
  readonly isRegistered: (instanceId: string) => boolean;
  readonly faults: readonly PlantedFault[];
  /** Calls at once of all functions; as many as come where absent. */
  readonly concurrency?: number;
  /** What comes faster is throttled; nothing where absent. */
  readonly rates?: Rates;
  /** False: queues are read in the time that is skipped alone. */
  readonly readsLive?: boolean;
}

export interface Region {
  readonly commands: Commands;
  readonly queues: readonly Queue[];
  readonly buckets: readonly Bucket[];
  readonly fleet: Fleet;
  readonly place: Place;
  /** What the template deployed. */
  readonly stack: Stack;
  /** Where the endpoints of AWS answer. */
  readonly endpointUrl: string;
  /** Credentials of an instance profile whose role has the stack's policies for instances, and no others. */
  readonly instanceRole: Role;
  /** Whether the template's policies allow it: those of the role that asks, and of the queue or role asked for. */
  judge(request: AccessRequest): Promise<boolean>;
  /** Resolves with how many targets the event had, when all of them are done with it. */
  put(event: Json): Promise<number>;
  /** By the function's part. */
  usage(): Readonly<Record<string, Usage>>;
  /** Whether notices wait in a queue that a function reads; tickets wait until the deadline has passed. */
  isReading(): boolean;
  /** Skips the time until every ticket is settled, and schedules have run up to that moment (epoch milliseconds). */
  passTime(untilMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Throws where the template could not be deployed, or needs what the rehearsal does not know. */
export async function openRegion(options: RegionOptions): Promise<Region> {
  const { place, template, instances } = options;
  const arnPrefix = (service: string): string =>
    `arn:${place.partition}:${service}:${place.region}:${place.account}:`;
  const commands = new Commands();
  const fleet = new Fleet(options.fleet ?? {}, arnPrefix);
  const principals = new Map<string, Principal>();
  const documents = new Map<string, CommandDocument>();
  const queues: Queue[] = [];
  const buckets: Bucket[] = [];
  const functions: LambdaFunction[] = [];
  const endpoint = await openEndpoint({
    region: place.region,
    principals,
    faults: options.faults,
    ...(options.rates === undefined ? {} : { rates: options.rates }),
    onCall: options.onCall,
    onFault: options.onProblem,
    services: [
      ec2Service(place, () => instances),
      ssmService({
        account: place.account,
        arnPrefix,
        documents,
        commands,
        isRegistered: options.isRegistered,
        tags: (id) => instances.find((instance) => instance.id === id)?.tags ?? {},
        now: options.clock.now,
      }),
      s3Service({ partition: place.partition, buckets: () => buckets, onDecided: options.onDecided }),
      sqsService(() => queues, arnPrefix('sqs')),
      loadBalancingService(fleet),
      taggingService(fleet),
      autoScalingService(fleet),
    ],
  });
  const closed = new AbortController();
  const close = async (): Promise<void> => {
    closed.abort();
    await Promise.all(functions.map((each) => each.close()));
    await endpoint.close();
  };

  function queueAt(arn: string): Queue {
    const queue = queues.find((one) => one.arn === arn);
    if (!queue) throw new Error(`the template sends to ${arn}, which is none of its queues`);
    return queue;
  }

  async function judge(stack: Stack, request: AccessRequest): Promise<boolean> {
    const roles = stack.functions.map(({ role }) => role);
    const asking = roles.find(({ arn }) => arn === request.principal);
    const owned = [...stack.queues, ...stack.buckets, ...stack.topics].find(
      ({ arn }) => request.resource === arn || request.resource.startsWith(`${arn}/`),
    );
    const taken = roles.find(({ arn }) => arn === request.resource);
    return isAllowed(request, {
      identity: asking?.policies ?? [],
      resource: owned?.policy ?? taken?.trust ?? null,
      onDecided: (statement) => {
        const owner = statement.policy === null ? (owned ?? taken) : asking;
        options.onDecided(owner?.name ?? '', statement);
      },
    });
  }

  try {
    const stack = readStack(template, place, (name) => `${endpoint.url}/${place.account}/${name}`);
    for (const [name, document] of stack.documents) documents.set(name, document);
    const { clock } = options;
    buckets.push(...stack.buckets.map((spec) => new Bucket({ ...spec, now: clock.now })));
    queues.push(...stack.queues.map((spec) => newQueue(spec, clock.now, queueAt)));
    const instanceRole = {
      name: INSTANCE_ROLE,
      accessKeyId: 'ASIAREHEARSALINSTANCE',
      secretAccessKey: 'rehearsal',
      token: 'rehearsal',
    };
    principals.set(instanceRole.accessKeyId, {
      by: 'instance',
      arn: `arn:${place.partition}:iam::${place.account}:role/${INSTANCE_ROLE}`,
      account: place.account,
      context: { 'ec2:SourceInstanceARN': `${arnPrefix('ec2')}instance/${options.instanceId}` },
      policies: {
        identity: stack.instancePolicies,
        onDecided: (statement) => options.onDecided(INSTANCE_ROLE, statement),
      },
    });
    const concurrency = new Concurrency(options.concurrency ?? Number.POSITIVE_INFINITY);
    const world: FunctionWorld = { ...options, endpointUrl: endpoint.url, principals, queueAt, concurrency };
    for (const spec of stack.functions) functions.push(await startFunction(spec, world));
    const sources = stack.eventSources.map((source): ReadQueue => {
      const target = functions.find(({ spec }) => spec.arn === source.functionArn);
      const role = stack.functions.find(({ arn }) => arn === source.functionArn)?.role;
      if (!target || !role)
        throw new Error(`an event source invokes ${source.functionArn}, which is no function`);
      const may = (action: string): Promise<boolean> =>
        judge(stack, { principal: role.arn, account: place.account, action, resource: source.queueArn });
      return { source, queue: queueAt(source.queueArn), target, region: place.region, may };
    });
    const { onProblem } = options;
    const delivering = { options, functions, queueAt, closed: closed.signal };
    const live = readLive(options.readsLive === false ? [] : sources, onProblem);
    const passing = {
      clock,
      sources,
      schedules: stack.schedules,
      permissions: stack.permissions,
      functions,
      onProblem,
    };
    return {
      commands,
      queues,
      buckets,
      fleet,
      place,
      stack,
      endpointUrl: endpoint.url,
      instanceRole,
      judge: (request) => judge(stack, request),
      async put(event) {
        const found = deliveries(stack.rules, stack.permissions, event);
        await Promise.all(found.map((delivery) => deliver(delivery, event, delivering)));
        return found.length;
      },
      usage: () =>
        Object.fromEntries(
          functions.map(({ spec, usage }) => [
            stack.functions.find(({ arn }) => arn === spec.arn)?.part ?? '',
            usage,
          ]),
        ),
      isReading: () => sources.some(({ queue }) => !queue.fifo && queue.messages.length > 0),
      async passTime(untilMs) {
        await live.stop();
        await passTime(passing, untilMs, closed.signal);
      },
      async close() {
        await Promise.all([live.stop(), close()]);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function newQueue(spec: QueueSpec, now: () => number, queueAt: (arn: string) => Queue): Queue {
  const { redrive, ...own } = spec;
  if (redrive === undefined) return new Queue({ ...own, now });
  const { deadLetterArn, maxReceives } = redrive;
  if (deadLetterArn.endsWith('.fifo') !== spec.fifo) {
    throw new Error(
      `queue ${spec.name}: SQS takes no dead-letter queue of the other kind, got ${deadLetterArn}`,
    );
  }
  return new Queue({ ...own, now, redrive: { to: () => queueAt(deadLetterArn), maxReceives } });
}
