// A Region on one machine, wired as the synthesised template says and in no other way.

import { readStack } from '../template/stack.ts';
import type { Json, Template } from '../template/template.ts';
import { type Delivery, deliveries } from './bus.ts';
import { Commands } from './commands.ts';
import type { CommandDocument } from './document.ts';
import { type Ec2Instance, ec2Service } from './endpoints/ec2.ts';
import { openEndpoint, type PlantedFault, type Principal } from './endpoints/server.ts';
import { sqsService } from './endpoints/sqs.ts';
import { ssmService } from './endpoints/ssm.ts';
import { type FunctionWorld, startFunction } from './function-host.ts';
import { isAllowed } from './iam.ts';
import type { LambdaFunction } from './lambda.ts';
import { Queue } from './queue.ts';

export interface RegionOptions
  extends Pick<FunctionWorld, 'place' | 'violations' | 'onCall' | 'onLog' | 'onQueued' | 'onProblem'> {
  readonly template: Template;
  readonly instances: readonly Ec2Instance[];
  /** Whether the instance's agent has registered with SSM. */
  readonly isRegistered: (instanceId: string) => boolean;
  readonly faults: readonly PlantedFault[];
  readonly onInvoked: (functionName: string) => void;
}

export interface Region {
  readonly commands: Commands;
  readonly queues: readonly Queue[];
  /** Resolves with how many targets the event had, when all of them are done with it. */
  put(event: Json): Promise<number>;
  close(): Promise<void>;
}

/** Throws where the template could not be deployed, or needs what the rehearsal does not know. */
export async function openRegion(options: RegionOptions): Promise<Region> {
  const { place, template, instances } = options;
  const arnPrefix = (service: string): string =>
    `arn:${place.partition}:${service}:${place.region}:${place.account}:`;
  const commands = new Commands();
  const principals = new Map<string, Principal>();
  const documents = new Map<string, CommandDocument>();
  const queues: Queue[] = [];
  const functions: LambdaFunction[] = [];
  const endpoint = await openEndpoint({
    region: place.region,
    principals,
    faults: options.faults,
    onCall: options.onCall,
    onFault: options.onProblem,
    services: [
      ec2Service(place.account, () => instances),
      ssmService({
        account: place.account,
        arnPrefix,
        documents,
        commands,
        isRegistered: options.isRegistered,
        tags: (id) => instances.find((instance) => instance.id === id)?.tags ?? {},
      }),
      sqsService(() => queues, arnPrefix('sqs')),
    ],
  });
  const close = async (): Promise<void> => {
    await Promise.all(functions.map((each) => each.close()));
    await endpoint.close();
  };

  function queueAt(arn: string): Queue {
    const queue = queues.find((one) => one.arn === arn);
    if (!queue) throw new Error(`the template sends to ${arn}, which is none of its queues`);
    return queue;
  }

  async function deliver({ rule, target, refusedBecause }: Delivery, event: Json): Promise<void> {
    const invoked = functions.find(({ spec }) => spec.arn === target.arn);
    if (!invoked)
      throw new Error(`rule ${rule.name} targets ${target.arn}, which is no function of the template`);
    if (refusedBecause === undefined) {
      options.onInvoked(invoked.spec.name);
      await invoked.invokeAsync(event);
      return;
    }
    options.onProblem(`rule ${rule.name} may not invoke ${invoked.spec.name}`);
    if (target.deadLetterArn === undefined) return;
    const queue = queueAt(target.deadLetterArn);
    const request = {
      principal: 'events.amazonaws.com',
      account: place.account,
      action: 'sqs:SendMessage',
      resource: queue.arn,
      context: { 'aws:SourceArn': rule.arn },
    };
    if (!(await isAllowed(request, { identity: [], resource: queue.policy }))) {
      options.onProblem(`rule ${rule.name} may not send to ${queue.name}: the event is lost`);
      return;
    }
    const attributes = { RULE_ARN: rule.arn, TARGET_ARN: target.arn, ERROR_CODE: refusedBecause };
    queue.send(JSON.stringify(event), attributes);
    options.onQueued(queue.name, refusedBecause);
  }

  try {
    const stack = readStack(template, place, (name) => `${endpoint.url}/${place.account}/${name}`);
    for (const [name, document] of stack.documents) documents.set(name, document);
    queues.push(...stack.queues.map((spec) => new Queue(spec)));
    const world: FunctionWorld = { ...options, endpointUrl: endpoint.url, principals, queueAt };
    for (const spec of stack.functions) functions.push(await startFunction(spec, world));
    return {
      commands,
      queues,
      async put(event) {
        const found = deliveries(stack.rules, stack.permissions, event);
        await Promise.all(found.map((delivery) => deliver(delivery, event)));
        return found.length;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
