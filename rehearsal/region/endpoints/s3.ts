// S3 as far as outcomes need it: objects are put, under a condition or not, read and listed. Path style, XML.
import { isObject } from '../../template/template.ts';
import type { Bucket, Version } from '../bucket.ts';
import type { DecisiveStatement } from '../iam.ts';
import { escapeXml } from './ec2-request.ts';
import { checkChecksums, checkSignedPayload } from './s3-checksums.ts';
import { listObjects } from './s3-list.ts';
import { readS3 } from './s3-request.ts';
import { type Answer, type Call, type May, type Service, ServiceFault, type Touched } from './service.ts';

export interface S3World {
  readonly partition: string;
  readonly buckets: () => readonly Bucket[];
  /** Hears of each statement of a bucket's policy that decided. */
  readonly onDecided?: (bucket: string, statement: DecisiveStatement) => void;
}

/** Bytes in UTF-8. */
const KEY_BYTES = 1024;
const XML = { 'content-type': 'application/xml' };
/** By the API's name (S3's page of the service authorization reference). */
const IAM_ACTIONS: Readonly<Record<string, string>> = { ListObjectsV2: 's3:ListBucket' };

export function s3Service(world: S3World): Service {
  return {
    name: 's3',
    denied: { code: 'AccessDenied', status: 403 },
    throttled: { code: 'SlowDown', status: 503, message: 'Please reduce your request rate.' },
    broken: 'InternalError',
    read: readS3,
    touches: (call) => [touched(world, call.action, partsOf(call))],
    async answer(call, may) {
      const parts = partsOf(call);
      const { bucket: name, headers, query } = parts;
      const body = call.body ?? Buffer.alloc(0);
      checkSignedPayload(headers, body);
      const bucket = world.buckets().find((one) => one.name === name);
      if (!bucket) throw new ServiceFault('NoSuchBucket', 'The specified bucket does not exist', 404);
      if (call.action === 'ListObjectsV2') return xml(listObjects(bucket, query));
      if (Buffer.byteLength(parts.key) > KEY_BYTES) {
        throw new ServiceFault('KeyTooLongError', 'Your key is too long');
      }
      if (call.action === 'GetObject') return getObject(world, bucket, parts, may);
      if (call.action === 'PutObject') return putObject(bucket, parts, body);
      throw new Error(`S3: the rehearsal does not know ${call.action}`);
    },
    refuse: ({ code, message, status }) => ({
      status,
      headers: { ...ids(), ...XML },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message><RequestId>${crypto.randomUUID()}</RequestId><HostId>rehearsal</HostId></Error>`,
    }),
  };
}

interface Parts {
  readonly bucket: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** What readS3 wrote. */
function partsOf({ input: { bucket, key, query, headers } }: Call): Parts {
  const texts = (value: unknown): Record<string, string> =>
    isObject(value as never) ? (value as Record<string, string>) : {};
  return { bucket: String(bucket), key: String(key), query: texts(query), headers: texts(headers) };
}

/** The bucket for a list, else the object; with the condition keys that policies on them may name. */
function touched(world: S3World, action: string, { bucket: name, key, query, headers }: Parts): Touched {
  const bucket = world.buckets().find((one) => one.name === name);
  const arn = bucket?.arn ?? `arn:${world.partition}:s3:::${name}`;
  const listed = action === 'ListObjectsV2';
  const keys = listed
    ? { 's3:prefix': query.prefix, 's3:max-keys': query['max-keys'] }
    : { 's3:if-none-match': action === 'PutObject' ? headers['if-none-match'] : undefined };
  const context = Object.entries(keys).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    resource: listed ? arn : `${arn}/${key}`,
    action: IAM_ACTIONS[action] ?? `s3:${action}`,
    context: Object.fromEntries(context),
    ...(bucket === undefined ? {} : { policy: bucket.policy }),
    onDecided: (statement) => world.onDecided?.(name, statement),
  };
}

function putObject(bucket: Bucket, { key, headers }: Parts, body: Buffer): Answer {
  if (headers['content-length'] === undefined) {
    throw new ServiceFault('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  const condition = headers['if-none-match'];
  if (condition !== undefined && condition !== '*') {
    const message = 'A header you provided implies functionality that is not implemented';
    throw new ServiceFault('NotImplemented', message, 501);
  }
  const checksums = checkChecksums(headers, body);
  const contentType = headers['content-type'];
  const version = bucket.put(key, body, {
    checksums,
    onlyIfAbsent: condition === '*',
    ...(contentType === undefined ? {} : { contentType }),
  });
  if (!version) {
    const message = 'At least one of the pre-conditions you specified did not hold';
    throw new ServiceFault('PreconditionFailed', message, 412);
  }
  return { status: 200, headers: { ...ids(), ...headersOf(version), ...checksumsOf(version) }, body: '' };
}

/** Whether a key is missing is told to those alone who may list. */
async function getObject(world: S3World, bucket: Bucket, parts: Parts, may: May): Promise<Answer> {
  const version = bucket.objects.get(parts.key);
  if (!version) {
    const list = touched(world, 'ListObjectsV2', { ...parts, query: {} });
    if (!(await may(list))) throw new ServiceFault('AccessDenied', 'Access Denied', 403);
    throw new ServiceFault('NoSuchKey', 'The specified key does not exist.', 404);
  }
  const headers = {
    ...ids(),
    ...headersOf(version),
    'content-type': version.contentType,
    'content-length': String(version.body.length),
    'last-modified': new Date(version.lastModifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    ...(parts.headers['x-amz-checksum-mode'] === 'ENABLED' ? checksumsOf(version) : {}),
  };
  return { status: 200, headers, body: version.body };
}

const ids = () => ({ 'x-amz-request-id': crypto.randomUUID(), 'x-amz-id-2': 'rehearsal' });
const headersOf = ({ etag, versionId }: Version) => ({ etag, 'x-amz-version-id': versionId });
const checksumsOf = ({ checksums }: Version) =>
  Object.keys(checksums).length === 0 ? {} : { ...checksums, 'x-amz-checksum-type': 'FULL_OBJECT' };
const xml = (body: string): Answer => ({ status: 200, headers: { ...ids(), ...XML }, body });
