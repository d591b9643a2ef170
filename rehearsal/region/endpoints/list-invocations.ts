// ListCommandInvocations: what became of each command on each instance, filtered and in pages.
import { isObject, type Json, type JsonObject } from '../../template/template.ts';
import type { Invocation, InvocationStatus } from '../commands.ts';
import { checkInstanceId, invalid, type SsmWorld } from './send-command.ts';
import { ServiceFault } from './service.ts';

/** botocore, ssm.ListCommandInvocations: MaxResults and Filters. */
const LIMITS = { results: 50, filters: 5, value: 128 };
const TOKEN = 'from:';
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;
const STATUSES = new Set(
  'Pending InProgress Delayed Success Cancelled Failed TimedOut AccessDenied DeliveryTimedOut ExecutionTimedOut Undeliverable InvalidPlatform Terminated'.split(
    ' ',
  ),
);

/** An invocation as the service sees it now. */
export interface Told {
  readonly invocation: Invocation;
  readonly status: InvocationStatus;
  /** What AWS's StatusDetails adds: by which of its two times a command is out. */
  readonly details: string;
}

type Filter = (told: Told) => boolean;

/** Whatever no agent has taken in time is over without one. */
export function tell(invocation: Invocation, nowMs: number): Told {
  const { command, steps } = invocation;
  const expired =
    invocation.status === 'Pending' && nowMs - command.receivedMs > command.timeoutSeconds * 1000;
  const status = expired ? 'TimedOut' : invocation.status;
  if (status !== 'TimedOut') return { invocation, status, details: status };
  return { invocation, status, details: steps.length === 0 ? 'DeliveryTimedOut' : 'ExecutionTimedOut' };
}

/** A step is timed out only by its own time. */
export const stepDetails = (status: string): string => (status === 'TimedOut' ? 'ExecutionTimedOut' : status);

export function listInvocations({ commands, now }: SsmWorld, input: JsonObject) {
  const { CommandId: commandId, InstanceId: instanceId, MaxResults: max, NextToken: token } = input;
  if (instanceId !== undefined) checkInstanceId(String(instanceId));
  if (max !== undefined && !(Number.isInteger(max) && Number(max) >= 1 && Number(max) <= LIMITS.results)) {
    throw invalid('maxResults', max, `from 1 to ${LIMITS.results}`);
  }
  const filters = filtersOf(input.Filters);
  const nowMs = now?.() ?? Date.now();
  const found = commands.invocations
    .filter(
      (one) =>
        (commandId === undefined || one.command.id === commandId) &&
        (instanceId === undefined || one.instanceId === instanceId),
    )
    .map((one) => tell(one, nowMs))
    .filter((told) => filters.every((filter) => filter(told)));
  const from = token === undefined ? 0 : readToken(String(token));
  const to = from + Number(max ?? LIMITS.results);
  return {
    CommandInvocations: found.slice(from, to).map((told) => listed(told, input.Details === true)),
    ...(to < found.length ? { NextToken: tokenOf(to) } : {}),
  };
}

function filtersOf(given: Json | undefined): Filter[] {
  if (given === undefined) return [];
  const list = Array.isArray(given) ? given : [];
  if (list.length < 1 || list.length > LIMITS.filters) {
    throw invalid('filters', list.length, `1 to ${LIMITS.filters} items`);
  }
  return list.map((one) => {
    const { key = '', value = '' } = isObject(one) ? one : {};
    if (String(value).length < 1 || String(value).length > LIMITS.value) {
      throw invalid('filters.value', value, `1 to ${LIMITS.value} characters`);
    }
    return filterOf(String(key), String(value));
  });
}

function filterOf(key: string, value: string): Filter {
  const requested = ({ invocation }: Told): number => invocation.command.receivedMs;
  if (key === 'InvokedAfter') {
    const from = momentOf(value);
    return (told) => requested(told) >= from;
  }
  if (key === 'InvokedBefore') {
    const before = momentOf(value);
    return (told) => requested(told) < before;
  }
  if (key === 'Status') {
    if (!STATUSES.has(value)) throw invalid('filters.value', value, [...STATUSES].join(', '));
    // TimedOut is both of its details.
    return ({ status, details }) => status === value || details === value;
  }
  if (key === 'DocumentName') return ({ invocation }) => invocation.command.document.name === value;
  // By its model this error has no message.
  throw new ServiceFault('InvalidFilterKey', '');
}

function momentOf(value: string): number {
  const ms = ISO_8601.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw invalid('filters.value', value, 'a date and time in ISO 8601');
  return ms;
}

const tokenOf = (index: number): string => Buffer.from(`${TOKEN}${index}`).toString('base64url');

function readToken(token: string): number {
  const [, digits = ''] = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (digits !== '' && tokenOf(Number(digits)) === token) return Number(digits);
  throw new ServiceFault('InvalidNextToken', 'The specified token is not valid.');
}

/** SSM keeps 2,500 characters of a step's output here. */
function listed({ invocation, status, details }: Told, plugins: boolean) {
  const { command, instanceId, steps } = invocation;
  return {
    CommandId: command.id,
    InstanceId: instanceId,
    Comment: command.comment,
    DocumentName: command.document.name,
    RequestedDateTime: command.receivedMs / 1000,
    Status: status,
    StatusDetails: details,
    CommandPlugins: plugins
      ? steps.map((step) => ({
          Name: step.name,
          Status: step.status,
          StatusDetails: stepDetails(step.status),
          ResponseCode: step.exit,
          ResponseStartDateTime: step.started / 1000,
          ResponseFinishDateTime: step.ended / 1000,
          Output: step.stdout.slice(0, 2_500),
        }))
      : [],
  };
}
