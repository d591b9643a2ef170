// The default event bus: which rule matches, whether it may invoke its target, and where an event goes that it
// could not hand over.

import { isObject, type Json, type JsonObject } from '../template/template.ts';
import { matches } from './pattern.ts';

export interface Target {
  readonly arn: string;
  readonly deadLetterArn: string | undefined;
  /** How long EventBridge goes on trying; its own default is a day. */
  readonly maxAgeMs: number;
}

/** EventBridge's (API reference, RetryPolicy). */
const DEFAULT_MAX_AGE_SECONDS = 86_400;

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly pattern: JsonObject;
  readonly targets: readonly Target[];
}

/** A Lambda permission: a statement of the function's resource policy. */
export interface Permission {
  readonly functionArn: string;
  readonly principal: string;
  readonly action: string;
  readonly sourceArn: string | undefined;
}

export interface Delivery {
  readonly rule: Rule;
  readonly target: Target;
  /** Undefined where the rule may not invoke the target: EventBridge does not try that again. */
  readonly refusedBecause: 'NO_PERMISSIONS' | undefined;
}

/** A rule that asks for no event, but comes again and again. */
export interface Schedule {
  readonly rule: Rule;
  readonly everyMs: number;
}

const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/;
const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

export function readSchedule(name: string, arn: string, properties: JsonObject): Schedule | undefined {
  const { ScheduleExpression: expression, State: state } = properties;
  if (expression === undefined || (state !== undefined && state !== 'ENABLED')) return undefined;
  const [, count, unit = ''] = RATE.exec(String(expression)) ?? [];
  if (count === undefined)
    throw new Error(`rule ${name}: the rehearsal knows rate() alone, got ${expression}`);
  const rule = { name, arn, pattern: {}, targets: targetsOf(name, properties) };
  return { rule, everyMs: Number(count) * (UNIT_MS[unit] ?? 0) };
}

export function readRule(name: string, arn: string, properties: JsonObject): Rule | undefined {
  if (properties.State !== undefined && properties.State !== 'ENABLED') return undefined;
  if (properties.ScheduleExpression !== undefined) return undefined;
  if (properties.EventBusName !== undefined && properties.EventBusName !== 'default') return undefined;
  if (!isObject(properties.EventPattern)) throw new Error(`rule ${name} has no event pattern`);
  return { name, arn, pattern: properties.EventPattern, targets: targetsOf(name, properties) };
}

function targetsOf(name: string, { Targets: targets }: JsonObject): Target[] {
  return Array.isArray(targets) ? targets.map((target: Json) => readTarget(name, target)) : [];
}

function readTarget(rule: string, target: Json): Target {
  if (!isObject(target) || typeof target.Arn !== 'string')
    throw new Error(`rule ${rule}: a target has no Arn`);
  for (const key of ['Input', 'InputPath', 'InputTransformer']) {
    if (target[key] !== undefined)
      throw new Error(`rule ${rule}: the rehearsal does not support the target's ${key}`);
  }
  const dead = isObject(target.DeadLetterConfig) ? target.DeadLetterConfig.Arn : undefined;
  const retries = isObject(target.RetryPolicy) ? target.RetryPolicy : {};
  return {
    arn: target.Arn,
    deadLetterArn: typeof dead === 'string' ? dead : undefined,
    maxAgeMs: Number(retries.MaximumEventAgeInSeconds ?? DEFAULT_MAX_AGE_SECONDS) * 1000,
  };
}

/** What the bus does with an event. No delivery: no rule matches, and the event is gone. */
export function deliveries(
  rules: readonly Rule[],
  permissions: readonly Permission[],
  event: Json,
): Delivery[] {
  return rules
    .filter((rule) => matches(rule.pattern, event))
    .flatMap((rule) => deliveriesOf(rule, permissions));
}

/** One for each target of the rule. */
export function deliveriesOf(rule: Rule, permissions: readonly Permission[]): Delivery[] {
  return rule.targets.map((target): Delivery => {
    const permitted = permissions.some((permission) => permits(permission, rule, target));
    return { rule, target, refusedBecause: permitted ? undefined : 'NO_PERMISSIONS' };
  });
}

function permits(
  { functionArn, principal, action, sourceArn }: Permission,
  rule: Rule,
  target: Target,
): boolean {
  return (
    functionArn === target.arn &&
    principal === 'events.amazonaws.com' &&
    (action === 'lambda:InvokeFunction' || action === 'lambda:*') &&
    (sourceArn === undefined || sourceArn === rule.arn)
  );
}
