// EC2 as far as `respond` and the guard call it: the query protocol in, XML out. Filters and pages as EC2 has them.
import { describeTags } from './describe-tags.ts';
import {
  answerXml,
  escapeXml,
  type Filter,
  type Input,
  isLike,
  numbered,
  pageOf,
  readFilters,
} from './ec2-request.ts';
import { type Answer, type Call, type Received, type Service, ServiceFault } from './service.ts';

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
/** Instances a page where the caller names no MaxResults. */
const PAGE = 1000;
const INSTANCE_ID = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/;

export function ec2Service(account: string, instances: () => readonly Ec2Instance[]): Service {
  return {
    name: 'ec2',
    denied: { code: 'UnauthorizedOperation', status: 403 },
    throttled: { code: 'RequestLimitExceeded', status: 503, message: 'Request limit exceeded.' },
    broken: 'InternalError',
    read({ body }: Received): Call {
      const input = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
      return { action: input.Action ?? '', input };
    },
    touches: () => [{ resource: '*' }],
    async answer({ action, input }) {
      if (action === 'DescribeInstances') return describeInstances(account, instances(), input as Input);
      if (action === 'DescribeTags') return describeTags(instances(), input as Input);
      throw new ServiceFault('InvalidAction', `The action ${action} is not valid for this web service.`);
    },
    refuse: ({ code, message, status }) => ({
      status,
      headers: { 'content-type': 'text/xml;charset=UTF-8' },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error></Errors><RequestID>${crypto.randomUUID()}</RequestID></Response>`,
    }),
  };
}

function describeInstances(account: string, all: readonly Ec2Instance[], input: Input): Answer {
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
  const { page, next } = pageOf(found, input, PAGE);
  const reservations = page.map((instance) => reservationXml(account, instance)).join('');
  return answerXml('DescribeInstances', `<reservationSet>${reservations}</reservationSet>`, next);
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

function reservationXml(account: string, { id, state, tags }: Ec2Instance): string {
  const tagSet = Object.entries(tags)
    .map(([key, value]) => `<item><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></item>`)
    .join('');
  return `<item><reservationId>r-${id.slice(2)}</reservationId><ownerId>${account}</ownerId><groupSet/><instancesSet><item><instanceId>${id}</instanceId><instanceState><code>${STATE_CODES[state]}</code><name>${state}</name></instanceState><instanceLifecycle>spot</instanceLifecycle><tagSet>${tagSet}</tagSet></item></instancesSet></item>`;
}
