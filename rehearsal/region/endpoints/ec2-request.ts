// What EC2's Describe actions have in common: filters, numbered lists, pages and answers in XML.
import { type Answer, ServiceFault } from './service.ts';

export const VERSION = '2016-11-15';
/** Values that one filter may hold (EC2 user guide, filtering). */
const FILTER_VALUES = 200;

export type Input = Readonly<Record<string, string>>;

export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** In a filter's value `*` stands for any text and `?` for one character, unless a backslash stands before them. */
export function isLike(value: string, text: string): boolean {
  const pattern = value.replace(/\\(.)|([*?])|[\\^$.|+()[\]{}]/gsu, (sign, escaped, wildcard) => {
    if (wildcard !== undefined) return wildcard === '*' ? '.*' : '.';
    return `\\u{${(escaped ?? sign).codePointAt(0).toString(16)}}`;
  });
  return new RegExp(`^${pattern}$`, 'su').test(text);
}

export function readFilters(input: Input): Filter[] {
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

export function numbered(input: Input, prefix: string): string[] {
  const values: string[] = [];
  for (let n = 1; input[`${prefix}.${n}`] !== undefined; n += 1) values.push(input[`${prefix}.${n}`] ?? '');
  return values;
}

/** A page of what was found, with the token of the next one where there is one. `usual`: its size by default. */
export function pageOf<T>(
  found: readonly T[],
  input: Input,
  usual: number,
): { page: readonly T[]; next: string } {
  const size = input.MaxResults === undefined ? usual : Number(input.MaxResults);
  if (!(size >= 5 && size <= 1000)) {
    throw new ServiceFault(
      'InvalidParameterValue',
      `Value ( ${input.MaxResults} ) for parameter maxResults is invalid.`,
    );
  }
  const from = input.NextToken === undefined ? 0 : readToken(input.NextToken);
  const next = from + size < found.length ? tokenOf(from + size) : '';
  return { page: found.slice(from, from + size), next };
}

const tokenOf = (index: number): string => Buffer.from(String(index)).toString('base64url');

function readToken(token: string): number {
  const index = Number(Buffer.from(token, 'base64url').toString());
  if (Number.isInteger(index) && tokenOf(index) === token) return index;
  throw new ServiceFault('InvalidPaginationToken', 'The specified pagination token is not valid.');
}

export function answerXml(action: string, content: string, next: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/${VERSION}/"><requestId>${crypto.randomUUID()}</requestId>${content}${next ? `<nextToken>${next}</nextToken>` : ''}</${action}Response>`;
  return { status: 200, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body };
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export function tagSetXml(tags: Readonly<Record<string, string>>): string {
  const items = Object.entries(tags).map(
    ([key, value]) => `<item><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></item>`,
  );
  return `<tagSet>${items.join('')}</tagSet>`;
}
