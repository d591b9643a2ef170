// DescribeSpotInstanceRequests: how EC2 says what became of the request behind each Spot instance.
import {
  answerXml,
  escapeXml,
  type Filter,
  type Input,
  isLike,
  pageOf,
  readFilters,
  tagSetXml,
} from './ec2-request.ts';
import { type Answer, ServiceFault } from './service.ts';

export interface SpotRequest {
  /** `sir-` and what follows. */
  readonly id: string;
  /** The status code, such as `fulfilled` or `instance-terminated-no-capacity`. */
  readonly code: string;
  /** When it became that. */
  readonly updatedMs: number;
  readonly state: 'open' | 'active' | 'closed' | 'cancelled' | 'failed' | 'disabled';
  readonly message?: string;
  /** The request's own: EC2 gives it none of the instance's. */
  readonly tags?: Readonly<Record<string, string>>;
}

interface Requested {
  readonly id: string;
  readonly type: string;
  readonly zone: string;
  readonly launchedMs: number;
  readonly spotRequest?: SpotRequest;
}

type Row = Requested & { readonly spotRequest: SpotRequest };

/** Rows a page where the caller names no MaxResults. */
const PAGE = 1000;
const KNOWN = /^(Action|Version|MaxResults|NextToken|DryRun|Filter\.\d+\.(Name|Value\.\d+))$/;
/** EC2's words for the codes that are the most frequent (user guide, Spot request status). */
const MESSAGES: Readonly<Record<string, string>> = {
  fulfilled: 'Your Spot request is fulfilled.',
  'marked-for-termination': 'Your Spot Instance is marked for termination.',
  'instance-terminated-no-capacity':
    'Your Spot Instance was terminated because there is no longer enough Spot capacity available.',
  'instance-terminated-by-user': 'You terminated your Spot Instance.',
};

export function describeSpotRequests(instances: readonly Requested[], input: Input): Answer {
  const unknown = Object.keys(input).find((key) => !KNOWN.test(key));
  if (unknown !== undefined) {
    throw new Error(`DescribeSpotInstanceRequests: the rehearsal does not know the parameter ${unknown}`);
  }
  const filters = readFilters(input);
  const found = instances
    .filter((one): one is Row => one.spotRequest !== undefined)
    .filter((row) => filters.every((filter) => passes(row, filter)));
  const { page, next } = pageOf(found, input, PAGE);
  const rows = page.map(requestXml).join('');
  const content = `<spotInstanceRequestSet>${rows}</spotInstanceRequestSet>`;
  return answerXml('DescribeSpotInstanceRequests', content, next);
}

function passes({ id, spotRequest }: Row, { name, values }: Filter): boolean {
  const hits = (text: string | undefined): boolean =>
    text !== undefined && values.some((wanted) => isLike(wanted, text));
  if (name === 'instance-id') return hits(id);
  if (name === 'status-code') return hits(spotRequest.code);
  if (name === 'state') return hits(spotRequest.state);
  if (name === 'spot-instance-request-id') return hits(spotRequest.id);
  if (name.startsWith('tag:')) return hits(spotRequest.tags?.[name.slice(4)]);
  throw new ServiceFault('InvalidParameterValue', `The filter '${name}' is invalid`);
}

function requestXml({ id: instanceId, type, zone, launchedMs, spotRequest }: Row): string {
  const { id, code, updatedMs, state, message = MESSAGES[code] ?? code, tags = {} } = spotRequest;
  return [
    `<item><spotInstanceRequestId>${id}</spotInstanceRequestId><type>one-time</type><state>${state}</state>`,
    `<status><code>${escapeXml(code)}</code><updateTime>${new Date(updatedMs).toISOString()}</updateTime>`,
    `<message>${escapeXml(message)}</message></status><instanceId>${instanceId}</instanceId>`,
    `<launchedAvailabilityZone>${zone}</launchedAvailabilityZone>`,
    `<launchSpecification><instanceType>${type}</instanceType></launchSpecification>`,
    `<createTime>${new Date(launchedMs).toISOString()}</createTime>${tagSetXml(tags)}</item>`,
  ].join('');
}
