// What EventBridge does with an event for one target: it invokes the function, or leaves the event to the dead letters.
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../template/template.ts';
import type { Delivery } from './bus.ts';
import type { FunctionWorld } from './function-host.ts';
import { type DecisiveStatement, isAllowed } from './iam.ts';
import type { LambdaFunction } from './lambda.ts';
import type { Queue } from './queue.ts';

export interface DeliveryOptions
  extends Pick<FunctionWorld, 'place' | 'onQueued' | 'onProblem' | 'onDecided'> {
  /** By which waits shrink with the window of the rehearsal. */
  readonly waitScale: number;
  readonly onInvoked: (functionName: string) => void;
  /** EventBridge cannot hand anything to Lambda, however often it tries. */
  readonly lambdaUnreachable: boolean;
}

export interface Delivering {
  readonly options: DeliveryOptions;
  readonly functions: readonly LambdaFunction[];
  readonly queueAt: (arn: string) => Queue;
  /** The Region is gone. */
  readonly closed: AbortSignal;
}

export async function deliver(
  { rule, target, refusedBecause }: Delivery,
  event: Json,
  { options, functions, queueAt, closed }: Delivering,
): Promise<void> {
  const invoked = functions.find(({ spec }) => spec.arn === target.arn);
  if (!invoked)
    throw new Error(`rule ${rule.name} targets ${target.arn}, which is no function of the template`);
  if (refusedBecause !== undefined) {
    options.onProblem(`rule ${rule.name} may not invoke ${invoked.spec.name}`);
  } else if (options.lambdaUnreachable) {
    const waitMs = Math.min(target.maxAgeMs * options.waitScale, 2 ** 31 - 1);
    await delay(waitMs, undefined, { signal: closed }).catch(() => undefined);
    if (closed.aborted) return;
  } else {
    options.onInvoked(invoked.spec.name);
    await invoked.invokeAsync(event);
    return;
  }
  const why = refusedBecause ?? 'TIMEOUT';
  if (target.deadLetterArn === undefined) return;
  const queue = queueAt(target.deadLetterArn);
  const request = {
    principal: 'events.amazonaws.com',
    account: options.place.account,
    action: 'sqs:SendMessage',
    resource: queue.arn,
    context: { 'aws:SourceArn': rule.arn },
  };
  const policies = {
    identity: [],
    resource: queue.policy,
    onDecided: (statement: DecisiveStatement) => options.onDecided(queue.name, statement),
  };
  if (!(await isAllowed(request, policies))) {
    options.onProblem(`rule ${rule.name} may not send to ${queue.name}: the event is lost`);
    return;
  }
  const attributes = { RULE_ARN: rule.arn, TARGET_ARN: target.arn, ERROR_CODE: why };
  queue.send(JSON.stringify(event), attributes);
  options.onQueued(queue.name, why);
}
