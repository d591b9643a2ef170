// The stack's resources with every reference resolved, read into what the local Region is made of.
import { type Permission, type Rule, readRule, readSchedule, type Schedule } from '../region/bus.ts';
import { type CommandDocument, parseDocument } from '../region/document.ts';
import type { EventSource } from '../region/event-source.ts';
import { type Association, type InstancePolicy, readAssociation, readInstancePolicy } from './instances.ts';
import { physicalsOf } from './physicals.ts';
import { type Place, resolver } from './resolve.ts';
import { isObject, type Json, type JsonObject, type Resource, type Template } from './template.ts';

export interface QueueSpec {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly policy: Json;
  readonly visibilitySeconds: number;
  readonly fifo: boolean;
  readonly delaySeconds: number;
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceives: number } | undefined;
}

/** A bucket or a topic: what has a policy of its own, and a name in it. */
export interface Owned {
  readonly name: string;
  readonly arn: string;
  readonly policy: Json;
}

export interface RoleSpec {
  readonly arn: string;
  readonly name: string;
  readonly trust: Json;
  readonly policies: readonly { readonly name: string; readonly policy: Json }[];
}

export interface FunctionResource {
  /** Which of SpotGuard's it is, by the name of its construct: `respond`. */
  readonly part: string;
  readonly name: string;
  readonly arn: string;
  readonly codeDir: string;
  readonly handler: string;
  readonly runtime: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly logGroup: string;
  readonly role: RoleSpec;
  readonly maxRetries: number;
  readonly maxAgeMs: number;
  readonly failureArn: string | undefined;
}

export interface Stack {
  readonly rules: readonly Rule[];
  readonly permissions: readonly Permission[];
  readonly functions: readonly FunctionResource[];
  readonly schedules: readonly Schedule[];
  readonly eventSources: readonly EventSource[];
  readonly queues: readonly QueueSpec[];
  readonly buckets: readonly Owned[];
  readonly topics: readonly Owned[];
  readonly documents: ReadonlyMap<string, CommandDocument>;
  readonly associations: readonly Association[];
  readonly instancePolicies: readonly InstancePolicy[];
}

/** Lambda's own defaults (CreateFunction, PutFunctionEventInvokeConfig). */
const DEFAULTS = { timeoutSeconds: 3, memoryMb: 128, maxRetries: 2, maxAgeSeconds: 21_600 };
/** With so many at once Lambda begins to read a queue; more come by the minute. */
const INITIAL_READERS = 5;
const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

export function readStack(template: Template, place: Place, queueUrl: (name: string) => string): Stack {
  const physicals = physicalsOf(place, queueUrl);
  const resolve = resolver(template, place, physicals);
  const all = [...template.resources.values()].map((resource) => {
    const resolved: Resource = { ...resource, properties: object(resolve(resource.properties)) };
    return { ...resolved, ...physicals(resource) };
  });
  const of = (type: string) => all.filter((resource) => resource.type === type);

  const queues = of('AWS::SQS::Queue').map(({ ref, attributes, properties }): QueueSpec => {
    const policies = of('AWS::SQS::QueuePolicy').filter(({ properties: { Queues } }) =>
      includes(Queues, ref),
    );
    if (policies.length > 1) throw new Error(`queue ${attributes.QueueName} has ${policies.length} policies`);
    return {
      name: attributes.QueueName ?? '',
      arn: attributes.Arn ?? '',
      url: ref,
      policy: policies[0]?.properties.PolicyDocument ?? null,
      visibilitySeconds: Number(properties.VisibilityTimeout ?? 30),
      fifo: properties.FifoQueue === true,
      delaySeconds: Number(properties.DelaySeconds ?? 0),
      redrive: redriveOf(properties),
    };
  });

  /** `of`: which of its properties the policy names its owners by. */
  const owned = (type: string, policyType: string, policyOf: string): Owned[] =>
    of(type).map(({ ref, attributes }): Owned => {
      const own = of(policyType).filter(({ properties }) => [properties[policyOf]].flat().includes(ref));
      if (own.length > 1) throw new Error(`${ref} has ${own.length} policies`);
      return {
        name: ref.slice(ref.lastIndexOf(':') + 1),
        arn: attributes.Arn ?? ref,
        policy: own[0]?.properties.PolicyDocument ?? null,
      };
    });

  const roles = of('AWS::IAM::Role').map(({ ref, attributes, properties }): RoleSpec => {
    if (Array.isArray(properties.ManagedPolicyArns) && properties.ManagedPolicyArns.length > 0) {
      throw new Error(`role ${ref} has managed policies, which the rehearsal cannot judge`);
    }
    const attached = of('AWS::IAM::Policy').filter(({ properties: { Roles } }) => includes(Roles, ref));
    const inline = Array.isArray(properties.Policies) ? properties.Policies.map(object) : [];
    const policies = [...inline, ...attached.map((policy) => policy.properties)].map((policy) => ({
      name: String(policy.PolicyName),
      policy: policy.PolicyDocument ?? null,
    }));
    return {
      arn: attributes.Arn ?? '',
      name: ref,
      trust: properties.AssumeRolePolicyDocument ?? null,
      policies,
    };
  });

  const functions = of('AWS::Lambda::Function').map((resource): FunctionResource => {
    const { ref, attributes, properties, logicalId } = resource;
    const role = roles.find(({ arn }) => arn === properties.Role);
    if (!role) throw new Error(`function ${ref}: its role is not in the template`);
    const key = String(object(properties.Code).S3Key);
    const codeDir = template.assets.get(key);
    if (codeDir === undefined) throw new Error(`function ${ref}: no asset ${key}`);
    const config =
      of('AWS::Lambda::EventInvokeConfig').find(({ properties: p }) => p.FunctionName === ref)?.properties ??
      {};
    return {
      part: (/(Respond|Settle|Coverage|Fleet)Function/.exec(logicalId)?.[1] ?? logicalId).toLowerCase(),
      name: ref,
      arn: attributes.Arn ?? '',
      codeDir,
      handler: String(properties.Handler),
      runtime: String(properties.Runtime),
      timeoutMs: Number(properties.Timeout ?? DEFAULTS.timeoutSeconds) * 1000,
      memoryMb: Number(properties.MemorySize ?? DEFAULTS.memoryMb),
      variables: variables(ref, object(object(properties.Environment).Variables)),
      logGroup: text(object(properties.LoggingConfig).LogGroup) ?? `/aws/lambda/${ref}`,
      role,
      maxRetries: Number(config.MaximumRetryAttempts ?? DEFAULTS.maxRetries),
      maxAgeMs: Number(config.MaximumEventAgeInSeconds ?? DEFAULTS.maxAgeSeconds) * 1000,
      failureArn: text(object(object(config.DestinationConfig).OnFailure).Destination),
    };
  });

  const documents = new Map(
    of('AWS::SSM::Document').map(({ ref, properties }) => [
      ref,
      parseDocument(ref, properties.Content ?? null),
    ]),
  );
  const functionArn = (named: Json | undefined): string =>
    functions.find(({ name, arn }) => named === name || named === arn)?.arn ?? '';
  return {
    rules: of('AWS::Events::Rule').flatMap(
      ({ ref, attributes, properties }) => readRule(ref, attributes.Arn ?? '', properties) ?? [],
    ),
    permissions: of('AWS::Lambda::Permission').map(
      ({ properties }): Permission => ({
        functionArn: functionArn(properties.FunctionName),
        principal: String(properties.Principal),
        action: String(properties.Action),
        sourceArn: text(properties.SourceArn),
      }),
    ),
    schedules: of('AWS::Events::Rule').flatMap(
      ({ ref, attributes, properties }) => readSchedule(ref, attributes.Arn ?? '', properties) ?? [],
    ),
    eventSources: of('AWS::Lambda::EventSourceMapping').flatMap(({ properties }): EventSource[] =>
      properties.Enabled === false
        ? []
        : [
            {
              queueArn: String(properties.EventSourceArn),
              functionArn: functionArn(properties.FunctionName),
              batchSize: Number(properties.BatchSize ?? 10),
              concurrency: Number(object(properties.ScalingConfig).MaximumConcurrency ?? INITIAL_READERS),
              reportsFailures: includes(properties.FunctionResponseTypes, 'ReportBatchItemFailures'),
            },
          ],
    ),
    functions,
    queues,
    buckets: owned('AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'Bucket'),
    topics: owned('AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'Topics'),
    documents,
    associations: of('AWS::SSM::Association').map((resource) => readAssociation(resource, documents)),
    instancePolicies: of('AWS::IAM::ManagedPolicy').map(readInstancePolicy),
  };
}

function redriveOf({ RedrivePolicy: policy }: JsonObject): QueueSpec['redrive'] {
  if (!isObject(policy)) return undefined;
  return { deadLetterArn: String(policy.deadLetterTargetArn), maxReceives: Number(policy.maxReceiveCount) };
}

function includes(list: Json | undefined, wanted: string): boolean {
  return Array.isArray(list) && list.includes(wanted);
}

function variables(name: string, values: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (typeof value !== 'string') throw new Error(`function ${name}: variable ${key} must be a string`);
      return [key, value];
    }),
  );
}
