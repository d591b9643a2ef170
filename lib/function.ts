// What the functions have in common: how they run, where they log, and a role that allows what it names and no more.
import { Duration, Stack, Token, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import {
  Architecture,
  Code,
  EventSourceMapping,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FUNCTION_VARIABLES } from '../contract/environment.ts';
import { METRIC_NAMESPACE, METRIC_SERVICE } from '../contract/metrics.ts';
import { built } from './built.ts';
import type { LogLevel } from './settings.ts';

export interface GuardFunctionProps
  extends Required<Pick<FunctionOptions, 'description' | 'memorySize'>>,
    Pick<FunctionOptions, 'retryAttempts' | 'maxEventAge' | 'onFailure' | 'reservedConcurrentExecutions'> {
  readonly name: 'respond' | 'settle' | 'coverage' | 'fleet';
  readonly log: LogGroup;
  readonly logLevel: LogLevel;
  readonly timeoutSeconds: number;
  readonly variables: Readonly<Partial<Record<keyof typeof FUNCTION_VARIABLES, string>>>;
  /** All that it may do besides writing its log. */
  readonly allowed: readonly Allowed[];
}

export interface Allowed {
  readonly actions: string[];
  /** Empty: AWS knows no smaller resource for the actions than all. */
  readonly resources: string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Why a resource has a wildcard, as cdk-nag wants to know it. */
  readonly reason?: string;
}

/** What Lambda calls on a queue in the function's name, and the function to put a message off. */
export const readingOf = (queue: IQueue): Allowed => ({
  actions: [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:ChangeMessageVisibility',
  ],
  resources: [queue.queueArn],
});

interface Reading {
  /** Messages a call. */
  readonly batchSize: number;
  /** Calls at once. */
  readonly concurrency: number;
}

export class GuardFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: GuardFunctionProps) {
    super(scope, id);
    const { name, log, logLevel, timeoutSeconds, variables, allowed, ...options } = props;
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    log.grantWrite(role);
    for (const { actions, resources, conditions = {} } of allowed) {
      const named = resources.length === 0 ? ['*'] : resources;
      role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions, resources: named, conditions }));
    }
    this.#acknowledgeWildcards(role, allowed);
    const own = Object.entries(variables).map(([key, value]) => [
      FUNCTION_VARIABLES[key as keyof typeof FUNCTION_VARIABLES],
      value,
    ]);
    this.function = new LambdaFunction(this, 'Function', {
      ...options,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(built(`lambda/${name}`)),
      handler: 'index.handler',
      role,
      timeout: Duration.seconds(timeoutSeconds),
      logGroup: log,
      environment: {
        ...Object.fromEntries(own),
        [FUNCTION_VARIABLES.logLevel]: logLevel,
        [FUNCTION_VARIABLES.service]: METRIC_SERVICE,
        [FUNCTION_VARIABLES.metricsNamespace]: METRIC_NAMESPACE,
      },
    });
  }

  /** Lambda reads the queue for it, in its role's name, and takes back what it names as failed. */
  reads(id: string, queue: IQueue, { batchSize, concurrency }: Reading): void {
    // Not SqsEventSource: it also grants what neither Lambda nor the function calls.
    new EventSourceMapping(this, id, {
      target: this.function,
      eventSourceArn: queue.queueArn,
      batchSize,
      maxConcurrency: concurrency,
      reportBatchItemFailures: true,
    });
  }

  /** cdk-nag names each wildcard; any other would still be a finding. */
  #acknowledgeWildcards(role: Role, allowed: readonly Allowed[]): void {
    for (const { actions, resources, reason } of allowed) {
      const wild = resources.length === 0 ? ['*'] : resources.filter((resource) => resource.endsWith('*'));
      for (const resource of wild) {
        Validations.of(role).acknowledge({
          id: `AwsSolutions::AwsSolutions-IAM5[Resource::${this.#shown(resource)}]`,
          reason: reason ?? `${actions.join(', ')} knows no smaller resource.`,
        });
      }
    }
  }

  /** As cdk-nag writes what only the deployment resolves: `<LogicalId.Arn>`, `<AWS::Region>`. */
  #shown(resource: string): string {
    const parts = Token.isUnresolved(resource) ? Stack.of(this).resolve(resource) : resource;
    return typeof parts === 'string' ? parts : plain(parts);
  }
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof ref === 'string') return `<${ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  const [separator, parts] = join as [string, unknown[]];
  return parts.map(plain).join(separator);
}
