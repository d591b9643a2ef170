// EC2 as far as `respond` calls it: the query protocol in, XML out. DescribeInstances with filters and pages.
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, type Call, type Service, ServiceFault } from './service.ts';

export interface Ec2Instance {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
}

const STATE_CODES = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};
const VERSION = '2016-11-15';
/** Instances a page where the caller names no MaxResults. */
const PAGE = 1000;
/** Values that one filter may hold (EC2 user guide, filtering). */
const FILTER_VALUES = 200;
const INSTANCE_ID = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/;

interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

export function ec2Service(account: string, instances: () => readonly Ec2Instance[]): Service {
  return {
    name: 'ec2',
    denied: { code: 'UnauthorizedOperation', status: 403 },
    throttled: { code: 'RequestLimitExceeded', status: 503, message: 'Request limit exceeded.' },
    broken: 'InternalError',
    read(_headers: IncomingHttpHeaders, body: string): Call {
      const input = Object.fromEntries(new URLSearchParams(body));
      return { action: input.Action ?? '', input };
    },
    touches: () => [{ resource: '*' }],
    async answer({ action, input }) {
      if (action !== 'DescribeInstances') {
        throw new ServiceFault('InvalidAction', `The action ${action} is not valid for this web service.`);
      }
      return describeInstances(account, instances(), input as Record<string, string>);
    },
    refuse: ({ code, message, status }) => ({
      status,
      headers: { 'content-type': 'text/xml;charset=UTF-8' },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error></Errors><RequestID>${crypto.randomUUID()}</RequestID></Response>`,
    }),
  };
}

function describeInstances(
  account: string,
  all: readonly Ec2Instance[],
  input: Readonly<Record<string, string>>,
): Answer {
  const filters = readFilters(input);
  const ids = numbered(input, 'InstanceId');
  if (ids.length > 0 && input.MaxResults !== undefined) {
    throw new ServiceFault(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  for (const id of ids) {
    if (!INSTANCE_ID.test(id)) throw new ServiceFault('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
    if (!all.some((instance) => instance.id === id)) {
      throw new ServiceFault('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    }
  }
  const found = all.filter(
    (instance) =>
      (ids.length === 0 || ids.includes(instance.id)) && filters.every((filter) => passes(instance, filter)),
  );
  const size = input.MaxResults === undefined ? PAGE : Number(input.MaxResults);
  if (!(size >= 5 && size <= 1000)) {
    throw new ServiceFault(
      'InvalidParameterValue',
      `Value ( ${input.MaxResults} ) for parameter maxResults is invalid.`,
    );
  }
  const from = input.NextToken === undefined ? 0 : readToken(input.NextToken);
  const page = found.slice(from, from + size);
  const next = from + size < found.length ? tokenOf(from + size) : '';
  const reservations = page.map((instance) => reservationXml(account, instance)).join('');
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/${VERSION}/"><requestId>${crypto.randomUUID()}</requestId><reservationSet>${reservations}</reservationSet>${next ? `<nextToken>${next}</nextToken>` : ''}</DescribeInstancesResponse>`;
  return { status: 200, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body };
}

const tokenOf = (index: number): string => Buffer.from(String(index)).toString('base64url');

function readToken(token: string): number {
  const index = Number(Buffer.from(token, 'base64url').toString());
  if (Number.isInteger(index) && tokenOf(index) === token) return index;
  throw new ServiceFault('InvalidPaginationToken', 'The specified pagination token is not valid.');
}

function passes(instance: Ec2Instance, { name, values }: Filter): boolean {
  const hits = (text: string | undefined): boolean =>
    text !== undefined && values.some((value) => isLike(value, text));
  if (name === 'instance-id') return hits(instance.id);
  if (name === 'instance-state-name') return hits(instance.state);
  if (name === 'instance-lifecycle') return hits('spot');
  if (name === 'tag-key') return Object.keys(instance.tags).some(hits);
  if (name.startsWith('tag:')) return hits(instance.tags[name.slice(4)]);
  throw new ServiceFault('InvalidParameterValue', `The filter '${name}' is invalid`);
}

/** In a filter's value `*` stands for any text and `?` for one character, unless a backslash stands before them. */
function isLike(value: string, text: string): boolean {
  const pattern = value.replace(/\\(.)|([*?])|[\\^$.|+()[\]{}]/gsu, (sign, escaped, wildcard) => {
    if (wildcard !== undefined) return wildcard === '*' ? '.*' : '.';
    return `\\u{${(escaped ?? sign).codePointAt(0).toString(16)}}`;
  });
  return new RegExp(`^${pattern}$`, 'su').test(text);
}

function readFilters(input: Readonly<Record<string, string>>): Filter[] {
  const filters: Filter[] = [];
  for (let n = 1; input[`Filter.${n}.Name`] !== undefined; n += 1) {
    const values = numbered(input, `Filter.${n}.Value`);
    if (values.length > FILTER_VALUES) {
      throw new ServiceFault(
        'FilterLimitExceeded',
        `The maximum number of filter values specified on a single call is ${FILTER_VALUES}`,
      );
    }
    filters.push({ name: input[`Filter.${n}.Name`] ?? '', values });
  }
  return filters;
}

function numbered(input: Readonly<Record<string, string>>, prefix: string): string[] {
  const values: string[] = [];
  for (let n = 1; input[`${prefix}.${n}`] !== undefined; n += 1) values.push(input[`${prefix}.${n}`] ?? '');
  return values;
}

function reservationXml(account: string, { id, state, tags }: Ec2Instance): string {
  const tagSet = Object.entries(tags)
    .map(([key, value]) => `<item><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></item>`)
    .join('');
  return `<item><reservationId>r-${id.slice(2)}</reservationId><ownerId>${account}</ownerId><groupSet/><instancesSet><item><instanceId>${id}</instanceId><instanceState><code>${STATE_CODES[state]}</code><name>${state}</name></instanceState><instanceLifecycle>spot</instanceLifecycle><tagSet>${tagSet}</tagSet></item></instancesSet></item>`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
