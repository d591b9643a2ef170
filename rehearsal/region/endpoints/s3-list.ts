// ListObjectsV2: the keys of a bucket in pages, in the order of their bytes.
import type { Bucket, Version } from '../bucket.ts';
import { escapeXml } from './ec2-request.ts';
import { ServiceFault } from './service.ts';

const PAGE = 1000;
const TOKEN = 'after:';

export function listObjects(bucket: Bucket, query: Readonly<Record<string, string>>): string {
  const { prefix = '', 'start-after': startAfter, 'continuation-token': token } = query;
  const encoding = query['encoding-type'];
  if (encoding !== undefined && encoding !== 'url') {
    throw new ServiceFault('InvalidArgument', 'Invalid Encoding Method specified in Request');
  }
  const max = sizeOf(query['max-keys'] ?? String(PAGE));
  // A token goes before: the first page has already heeded the other.
  const found = bucket.list(prefix, token === undefined ? (startAfter ?? '') : readToken(token));
  const page = found.slice(0, max);
  const isTruncated = page.length > 0 && page.length < found.length;
  const write = (text: string): string => escapeXml(encoding === 'url' ? encodeKey(text) : text);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${bucket.name}</Name><Prefix>${write(prefix)}</Prefix>`,
    token === undefined ? '' : `<ContinuationToken>${token}</ContinuationToken>`,
    startAfter === undefined ? '' : `<StartAfter>${write(startAfter)}</StartAfter>`,
    encoding === undefined ? '' : `<EncodingType>${encoding}</EncodingType>`,
    `<KeyCount>${page.length}</KeyCount><MaxKeys>${max}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>`,
    isTruncated ? `<NextContinuationToken>${tokenAfter(page.at(-1))}</NextContinuationToken>` : '',
    ...page.map((version) => contentsXml(version, write)),
    '</ListBucketResult>',
  ].join('');
}

function contentsXml({ key, body, etag, lastModifiedMs }: Version, write: (text: string) => string): string {
  const modified = new Date(Math.floor(lastModifiedMs / 1000) * 1000).toISOString();
  return `<Contents><Key>${write(key)}</Key><LastModified>${modified}</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

/** More than a page holds is taken for a page. */
function sizeOf(text: string): number {
  if (!/^\d{1,10}$/.test(text)) {
    throw new ServiceFault('InvalidArgument', 'Provided max-keys not an integer or within integer range');
  }
  return Math.min(Number(text), PAGE);
}

const tokenAfter = (last: Version | undefined): string =>
  Buffer.from(`${TOKEN}${last?.key ?? ''}`).toString('base64url');

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (text.startsWith(TOKEN) && Buffer.from(text).toString('base64url') === token) {
    return text.slice(TOKEN.length);
  }
  throw new ServiceFault('InvalidArgument', 'The continuation token provided is incorrect');
}

const encodeKey = (text: string): string => encodeURIComponent(text).replaceAll('%2F', '/');
