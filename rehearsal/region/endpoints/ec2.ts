// EC2 as far as `respond` and the guard call it: the query protocol in, XML out. Filters and pages as EC2 has them.

import { describeSpotRequests, type SpotRequest } from './describe-spot-requests.ts';
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
  tagSetXml,
} from './ec2-request.ts';
import { type Answer, type Call, type Received, type Service, ServiceFault } from './service.ts';

export interface Ec2Instance {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  /** `m7g.large` where absent. */
  readonly type?: string;
  /** Zone `a` of the Region where absent. */
  readonly zone?: string;
  /** The moment at which the service began where absent. */
  readonly launchedMs?: number;
  readonly stateReason?: { readonly code: string; readonly message: string };
  readonly spotRequest?: SpotRequest;
}

export interface Ec2Place {
  readonly account: string;
  readonly region: string;
}

type Described = Ec2Instance & Required<Pick<Ec2Instance, 'type' | 'zone' | 'launchedMs'>>;

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

export function ec2Service(place: Ec2Place, instances: () => readonly Ec2Instance[]): Service {
  const beganMs = Date.now();
  const described = (): Described[] =>
    instances().map((instance) => ({
      type: 'm7g.large',
      zone: `${place.region}a`,
      launchedMs: beganMs,
      ...instance,
    }));
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
      if (action === 'DescribeInstances')
        return describeInstances(place.account, described(), input as Input);
      if (action === 'DescribeTags') return describeTags(instances(), input as Input);
      if (action === 'DescribeSpotInstanceRequests') return describeSpotRequests(described(), input as Input);
      throw new ServiceFault('InvalidAction', `The action ${action} is not valid for this web service.`);
    },
    refuse: ({ code, message, status }) => ({
      status,
      headers: { 'content-type': 'text/xml;charset=UTF-8' },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error></Errors><RequestID>${crypto.randomUUID()}</RequestID></Response>`,
    }),
  };
}

function describeInstances(account: string, all: readonly Described[], input: Input): Answer {
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

function passes(instance: Described, { name, values }: Filter): boolean {
  const hits = (text: string | undefined): boolean =>
    text !== undefined && values.some((value) => isLike(value, text));
  if (name === 'instance-id') return hits(instance.id);
  if (name === 'instance-state-name') return hits(instance.state);
  if (name === 'state-reason-code') return hits(instance.stateReason?.code);
  if (name === 'instance-lifecycle') return hits('spot');
  if (name === 'tag-key') return Object.keys(instance.tags).some(hits);
  if (name.startsWith('tag:')) return hits(instance.tags[name.slice(4)]);
  throw new ServiceFault('InvalidParameterValue', `The filter '${name}' is invalid`);
}

function reservationXml(account: string, instance: Described): string {
  const { id, state, tags, type, zone, launchedMs, stateReason, spotRequest } = instance;
  const xml = [
    `<instanceId>${id}</instanceId>`,
    `<instanceState><code>${STATE_CODES[state]}</code><name>${state}</name></instanceState>`,
    `<instanceType>${type}</instanceType><launchTime>${new Date(launchedMs).toISOString()}</launchTime>`,
    `<placement><availabilityZone>${zone}</availabilityZone><tenancy>default</tenancy></placement>`,
    stateReason === undefined
      ? ''
      : `<stateReason><code>${escapeXml(stateReason.code)}</code><message>${escapeXml(stateReason.message)}</message></stateReason>`,
    '<instanceLifecycle>spot</instanceLifecycle>',
    spotRequest === undefined ? '' : `<spotInstanceRequestId>${spotRequest.id}</spotInstanceRequestId>`,
    tagSetXml(tags),
  ].join('');
  return `<item><reservationId>r-${id.slice(2)}</reservationId><ownerId>${account}</ownerId><groupSet/><instancesSet><item>${xml}</item></instancesSet></item>`;
}
