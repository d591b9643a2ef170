// How a REST request becomes a call of S3: path style, three operations, and nothing that the stand-in would have to
// leave out.
import type { Call, Received } from './service.ts';

/** Parameters of each operation; `x-id` is the SDK's own mark. */
const QUERY = {
  PutObject: ['x-id'],
  GetObject: ['x-id'],
  ListObjectsV2: [
    'x-id',
    'list-type',
    'prefix',
    'max-keys',
    'continuation-token',
    'start-after',
    'encoding-type',
  ],
};
/** Headers by which a request could mean something else. */
const MEANINGFUL =
  /^(x-amz-.*|if-.*|range|content-encoding|content-disposition|content-language|content-md5|cache-control|expires)$/;
/** Of those, the ones that are heeded here, or that change nothing. */
const KNOWN = {
  every: /^x-amz-(date|security-token|user-agent|content-sha256)$/,
  PutObject:
    /^(if-none-match|content-md5|x-amz-sdk-checksum-algorithm|x-amz-checksum-(crc32|crc32c|crc64nvme|sha1|sha256))$/,
  GetObject: /^x-amz-checksum-mode$/,
  ListObjectsV2: /^$/,
};

type Operation = keyof typeof QUERY;

/** Throws for what the stand-in does not do. */
export function readS3({ method, url, headers, body }: Received): Call {
  const { pathname, search } = splitUrl(url);
  const query = Object.fromEntries(new URLSearchParams(search));
  const [, bucket = '', path = ''] = /^\/([^/]*)(?:\/(.*))?$/s.exec(pathname) ?? [];
  const key = decodeURIComponent(path);
  const action = operationOf(method, bucket, key, query);
  if (action === undefined) {
    throw new Error(`S3: the rehearsal does not know ${method} ${url}`);
  }
  const parameter = Object.keys(query).find((name) => !QUERY[action].includes(name));
  if (parameter !== undefined) {
    throw new Error(`S3: the rehearsal does not know the parameter ${parameter} of ${action}`);
  }
  const unknown = Object.keys(headers).find(
    (name) => MEANINGFUL.test(name) && !KNOWN.every.test(name) && !KNOWN[action].test(name),
  );
  if (unknown !== undefined) {
    throw new Error(`S3: the rehearsal does not know the header ${unknown} of ${action}`);
  }
  const signed = String(headers['x-amz-content-sha256'] ?? '');
  if (signed.startsWith('STREAMING-')) {
    throw new Error(`S3: the rehearsal does not know bodies that are ${signed}`);
  }
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return { action, input: { bucket, key, query, headers: sent }, body };
}

function operationOf(
  method: string,
  bucket: string,
  key: string,
  query: Readonly<Record<string, string>>,
): Operation | undefined {
  if (bucket === '') return undefined;
  if (key !== '') return method === 'PUT' ? 'PutObject' : method === 'GET' ? 'GetObject' : undefined;
  return method === 'GET' && query['list-type'] === '2' ? 'ListObjectsV2' : undefined;
}

/** Not by URL, which would resolve `.` and `..` in a key. */
function splitUrl(url: string): { pathname: string; search: string } {
  const at = url.indexOf('?');
  return at < 0 ? { pathname: url, search: '' } : { pathname: url.slice(0, at), search: url.slice(at + 1) };
}
