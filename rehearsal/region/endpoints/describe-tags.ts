// DescribeTags: a row for each tag of each instance. It never says that something is not there.
import { answerXml, escapeXml, type Filter, type Input, isLike, pageOf, readFilters } from './ec2-request.ts';
import { type Answer, ServiceFault } from './service.ts';

interface Tagged {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
}

interface Tag {
  readonly instanceId: string;
  readonly key: string;
  readonly value: string;
}

/** Rows a page where the caller names no MaxResults. */
const PAGE = 1000;
const KNOWN = /^(Action|Version|MaxResults|NextToken|DryRun|Filter\.\d+\.(Name|Value\.\d+))$/;

export function describeTags(instances: readonly Tagged[], input: Input): Answer {
  const unknown = Object.keys(input).find((key) => !KNOWN.test(key));
  if (unknown !== undefined) {
    throw new Error(`DescribeTags: the rehearsal does not know the parameter ${unknown}`);
  }
  const filters = readFilters(input);
  const found = instances
    .flatMap(({ id, tags }) =>
      Object.entries(tags).map(([key, value]): Tag => ({ instanceId: id, key, value })),
    )
    .filter((tag) => filters.every((filter) => passes(tag, filter)));
  const { page, next } = pageOf(found, input, PAGE);
  return answerXml('DescribeTags', `<tagSet>${page.map(tagXml).join('')}</tagSet>`, next);
}

function passes({ instanceId, key, value }: Tag, { name, values }: Filter): boolean {
  const hits = (text: string): boolean => values.some((wanted) => isLike(wanted, text));
  if (name === 'resource-id') return hits(instanceId);
  if (name === 'resource-type') return hits('instance');
  if (name === 'key') return hits(key);
  if (name === 'value') return hits(value);
  if (name.startsWith('tag:')) return name.slice(4) === key && hits(value);
  throw new ServiceFault('InvalidParameterValue', `The filter '${name}' is invalid`);
}

const tagXml = ({ instanceId, key, value }: Tag): string =>
  `<item><resourceId>${instanceId}</resourceId><resourceType>instance</resourceType><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></item>`;
