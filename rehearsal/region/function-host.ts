// Starts a function of the template as Lambda does: its role's credentials, its environment, its log and its
// failure destination, each as far as the role's policies allow.
import { tmpdir } from 'node:os';
import type { Place } from '../template/resolve.ts';
import type { FunctionResource } from '../template/stack.ts';
import { isObject } from '../template/template.ts';
import type { Clock } from './clock.ts';
import type { Concurrency } from './concurrency.ts';
import type { ApiCall, Principal } from './endpoints/server.ts';
import { type DecisiveStatement, isAllowed } from './iam.ts';
import { type FailureRecord, LambdaFunction, type LambdaTrouble } from './lambda.ts';
import type { Queue } from './queue.ts';

export interface FunctionWorld {
  readonly place: Place;
  readonly endpointUrl: string;
  readonly principals: Map<string, Principal>;
  readonly queueAt: (arn: string) => Queue;
  /** File in which the loopback guard writes down what it refused. */
  readonly violations: string;
  readonly onCall: (call: ApiCall) => void;
  /** A line of a function's log that its role may write. */
  readonly onLog: (line: string, part: string) => void;
  /** An event reached a queue: the failure destination, or the rule's dead letters. */
  readonly onQueued: (queueName: string, why: string) => void;
  /** What AWS would drop in silence. */
  readonly onProblem: (problem: string) => void;
  /** A statement of the template's policies allowed or denied something. `owner`: the role, or the queue. */
  readonly onDecided: (owner: string, statement: DecisiveStatement) => void;
  readonly troubleOf: (part: string) => LambdaTrouble;
  readonly clock: Clock;
  readonly concurrency: Concurrency;
}

/** For NODE_OPTIONS: no client of the process reaches beyond loopback. */
export const loopbackNodeOptions = `--import=${new URL('./loopback.mjs', import.meta.url).href}`;
const clockNodeOptions = `--import=${new URL('./clock.mjs', import.meta.url).href}`;

/** Throws where Lambda may not take on the role: the function could not be created. */
export async function startFunction(spec: FunctionResource, world: FunctionWorld): Promise<LambdaFunction> {
  const { account } = world.place;
  const onDecided = (statement: DecisiveStatement): void => world.onDecided(spec.role.name, statement);
  const trust = {
    principal: 'lambda.amazonaws.com',
    account,
    action: 'sts:AssumeRole',
    resource: spec.role.arn,
  };
  if (!(await isAllowed(trust, { identity: [], resource: spec.role.trust, onDecided }))) {
    throw new Error(`role ${spec.role.name} does not trust lambda.amazonaws.com`);
  }
  const keyId = `ASIAREHEARSAL${String(world.principals.size).padStart(7, '0')}`;
  const principal: Principal = {
    by: spec.part,
    arn: spec.role.arn,
    account,
    policies: { identity: spec.role.policies, onDecided },
  };
  world.principals.set(keyId, principal);
  const environment = lambdaEnvironment(spec, world, keyId);
  return new LambdaFunction(
    { ...spec, environment },
    spec,
    logWriter(spec, principal, world),
    (record) => toDestination(spec, principal, world, record),
    world.troubleOf(spec.part),
    world.clock.now,
    world.concurrency,
  );
}

/** As Lambda sets it, and one variable of ours: where AWS answers. */
function lambdaEnvironment(
  spec: FunctionResource,
  { place, endpointUrl, violations, clock }: FunctionWorld,
  keyId: string,
): Record<string, string> {
  return {
    ...spec.variables,
    // Ours first: what the function's own options load must not be quicker than the guard against it.
    NODE_OPTIONS: [loopbackNodeOptions, clockNodeOptions, spec.variables.NODE_OPTIONS]
      .filter(Boolean)
      .join(' '),
    REHEARSAL_VIOLATIONS: violations,
    REHEARSAL_CLOCK: clock.file,
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_REGION: place.region,
    AWS_DEFAULT_REGION: place.region,
    AWS_ACCESS_KEY_ID: keyId,
    AWS_SECRET_ACCESS_KEY: 'rehearsal',
    AWS_SESSION_TOKEN: 'rehearsal',
    AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream(),
    LAMBDA_TASK_ROOT: spec.codeDir,
    LAMBDA_RUNTIME_DIR: spec.codeDir,
    _HANDLER: spec.handler,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TMPDIR: tmpdir(),
  };
}

const logStream = (): string =>
  `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]rehearsal`;

/** CloudWatch takes only what the role may write; the permission is asked once, at the first line. */
function logWriter(
  spec: FunctionResource,
  principal: Principal,
  { place, onCall, onLog, onProblem }: FunctionWorld,
): (line: string) => void {
  const group = `arn:${place.partition}:logs:${place.region}:${place.account}:log-group:${spec.logGroup}`;
  const resource = `${group}:log-stream:${logStream()}`;
  const ask = async (): Promise<boolean> => {
    for (const action of ['CreateLogStream', 'PutLogEvents']) {
      const request = {
        principal: principal.arn,
        account: place.account,
        action: `logs:${action}`,
        resource,
      };
      const started = performance.now();
      const allowed = await isAllowed(request, principal.policies);
      onCall({
        by: spec.part,
        service: 'logs',
        action,
        allowed,
        status: allowed ? 200 : 400,
        ms: Math.round(performance.now() - started),
      });
      if (!allowed) {
        onProblem(`${spec.role.name} may not ${action} in ${spec.logGroup}: the log is lost`);
        return false;
      }
    }
    return true;
  };
  let answer: Promise<boolean> | undefined;
  return (line) => {
    answer ??= ask();
    answer.then(
      (allowed) => allowed && onLog(line, spec.part),
      (error: unknown) => onProblem(String(error)),
    );
  };
}

async function toDestination(
  spec: FunctionResource,
  principal: Principal,
  { place, queueAt, onCall, onQueued, onProblem }: FunctionWorld,
  record: FailureRecord,
): Promise<void> {
  if (spec.failureArn === undefined) {
    onProblem(`${spec.name} failed and has no failure destination: the event is lost`);
    return;
  }
  const queue = queueAt(spec.failureArn);
  const request = {
    principal: principal.arn,
    account: place.account,
    action: 'sqs:SendMessage',
    resource: queue.arn,
  };
  const started = performance.now();
  const allowed = await isAllowed(request, principal.policies);
  onCall({
    by: spec.part,
    service: 'sqs',
    action: 'SendMessage',
    allowed,
    status: allowed ? 200 : 403,
    ms: Math.round(performance.now() - started),
  });
  if (!allowed) {
    onProblem(`${spec.role.name} may not send to ${queue.name}: the event is lost`);
    return;
  }
  queue.send(JSON.stringify(record));
  onQueued(queue.name, messageOf(record));
}

function messageOf({ responsePayload: payload, requestContext }: FailureRecord): string {
  const said =
    isObject(payload) && typeof payload.errorMessage === 'string' ? `, ${payload.errorMessage}` : '';
  return `${requestContext.condition}${said}`;
}
