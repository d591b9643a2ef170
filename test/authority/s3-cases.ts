// S3 as outcomes need it: a key that one writer wins, objects as they were put, lists in order, and what is refused.
import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { REGION } from '../lambda/events.ts';
import { ENVIRONMENT } from '../lambda/invoke.ts';
import { type Case, refusal } from './contract.ts';
import { BUCKET, clientsOf, type Place } from './place.ts';

const put = (place: Place, Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}) =>
  clientsOf(place).s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
const get = (place: Place, Key: string, Bucket = BUCKET) =>
  clientsOf(place).s3.send(new GetObjectCommand({ Bucket, Key }));
const list = (place: Place, more: Partial<ListObjectsV2CommandInput>) =>
  clientsOf(place).s3.send(new ListObjectsV2Command({ Bucket: BUCKET, ...more }));
const keysOf = (contents: readonly { Key?: string | undefined }[] = []) => contents.map(({ Key }) => Key);

const UNSIGNED = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A PUT of `hello` that no SDK would send. No place here looks at the signature. */
async function putRaw(
  place: Place,
  headers: Record<string, string>,
  body: string | ReadableStream = 'hello',
): Promise<string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=${ENVIRONMENT.AWS_ACCESS_KEY_ID}/20260101/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=0`;
  const options = { method: 'PUT', headers: { authorization, ...headers }, body, duplex: 'half' };
  const answer = await fetch(`${place.url}/${BUCKET}/raw`, options as RequestInit);
  const text = await answer.text();
  if (answer.ok) return 'accepted';
  return `${/<Code>(.*)<\/Code>/.exec(text)?.[1] ?? 'Error'} ${answer.status}`;
}

/** [name, headers, what AWS answers]; "Checking object integrity" and "Error responses" of S3's documentation. */
const RAW_CASES: readonly (readonly [string, Record<string, string>, string])[] = [
  ['the digest of its body signed', { 'x-amz-content-sha256': sha256('hello') }, 'accepted'],
  ['nothing signed of its body', UNSIGNED, 'accepted'],
  [
    'the digest of another body signed',
    { 'x-amz-content-sha256': sha256('other') },
    'XAmzContentSHA256Mismatch 400',
  ],
  ['no word on its body', {}, 'InvalidRequest 400'],
  ['a word on its body that is none', { 'x-amz-content-sha256': 'none' }, 'InvalidArgument 400'],
  ['the CRC-32 of its body', { ...UNSIGNED, 'x-amz-checksum-crc32': 'NhCmhg==' }, 'accepted'],
  ['the CRC-32 of another body', { ...UNSIGNED, 'x-amz-checksum-crc32': 'NSRBwg==' }, 'BadDigest 400'],
  ['a CRC-32 that is none', { ...UNSIGNED, 'x-amz-checksum-crc32': 'x' }, 'InvalidRequest 400'],
  [
    'a checksum that is promised and does not come',
    { ...UNSIGNED, 'x-amz-sdk-checksum-algorithm': 'CRC32' },
    'InvalidRequest 400',
  ],
  ['the MD5 of another body', { ...UNSIGNED, 'content-md5': 'kAFQmDzST7DWlj99KOF/cg==' }, 'BadDigest 400'],
];

/** No case looks at another's keys. */
export const S3_CASES: readonly Case[] = [
  {
    name: 'an object is read as it was put',
    async observe(place) {
      const Key = "as/a b/ü+%&<x>'(1).json";
      const { ETag } = await put(place, Key, 'hello', { ContentType: 'application/json' });
      const got = await get(place, Key);
      return {
        body: await got.Body?.transformToString(),
        etags: [ETag, got.ETag],
        type: got.ContentType,
        length: got.ContentLength,
        crc: got.ChecksumCRC32,
        modified: got.LastModified instanceof Date,
      };
    },
    aws: {
      body: 'hello',
      etags: ['"5d41402abc4b2a76b9719d911017c592"', '"5d41402abc4b2a76b9719d911017c592"'],
      type: 'application/json',
      length: 5,
      crc: 'NhCmhg==',
      modified: true,
    },
  },
  {
    name: 'a key that must be absent is written once, and again without the condition',
    async observe(place) {
      const outcomes = [
        await refusal(put(place, 'once/a', 'one', { IfNoneMatch: '*' })),
        await refusal(put(place, 'once/a', 'two', { IfNoneMatch: '*' })),
      ];
      const kept = await (await get(place, 'once/a')).Body?.transformToString();
      outcomes.push(await refusal(put(place, 'once/a', 'three')));
      return { outcomes, kept, last: await (await get(place, 'once/a')).Body?.transformToString() };
    },
    aws: { outcomes: ['accepted', 'PreconditionFailed 412', 'accepted'], kept: 'one', last: 'three' },
  },
  {
    name: 'one of eight writers wins a key',
    async observe(place) {
      const writers = Array.from({ length: 8 }, (_, n) =>
        refusal(put(place, 'race/a', `${n}`, { IfNoneMatch: '*' })),
      );
      return (await Promise.all(writers)).sort();
    },
    aws: [...Array.from({ length: 7 }, () => 'PreconditionFailed 412'), 'accepted'],
  },
  {
    name: 'keys are listed by prefix, in the order of their bytes',
    async observe(place) {
      const names = ['\u{1f600}', 'b', '\uff5e', 'a/b', 'a0', 'B'];
      for (const name of names) await put(place, `list/${name}`, name);
      const { Contents, KeyCount, IsTruncated } = await list(place, { Prefix: 'list/' });
      const [first] = Contents ?? [];
      const after = await list(place, { Prefix: 'list/', StartAfter: 'list/a/b', MaxKeys: 2 });
      return {
        keys: keysOf(Contents),
        KeyCount,
        IsTruncated,
        first: [first?.Size, first?.ETag, first?.StorageClass, first?.LastModified instanceof Date],
        after: keysOf(after.Contents),
        truncated: after.IsTruncated,
      };
    },
    aws: {
      keys: ['B', 'a/b', 'a0', 'b', '\uff5e', '\u{1f600}'].map((name) => `list/${name}`),
      KeyCount: 6,
      IsTruncated: false,
      first: [1, '"9d5ed678fe57bcca610140957afab571"', 'STANDARD', true],
      after: ['list/a0', 'list/b'],
      truncated: true,
    },
  },
  {
    name: 'a list comes in pages',
    async observe(place) {
      for (let n = 0; n < 5; n += 1) await put(place, `pages/${n}`, '');
      const pages: unknown[] = [];
      const input = { Bucket: BUCKET, Prefix: 'pages/', MaxKeys: 2 };
      for await (const { Contents, KeyCount } of paginateListObjectsV2(
        { client: clientsOf(place).s3 },
        input,
      )) {
        pages.push([KeyCount, ...keysOf(Contents)]);
      }
      return pages;
    },
    aws: [
      [2, 'pages/0', 'pages/1'],
      [2, 'pages/2', 'pages/3'],
      [1, 'pages/4'],
    ],
  },
  {
    name: 'a list that finds nothing',
    observe: async (place) => {
      const { Contents, KeyCount, IsTruncated } = await list(place, { Prefix: 'nothing/' });
      return { Contents, KeyCount, IsTruncated };
    },
    aws: { Contents: undefined, KeyCount: 0, IsTruncated: false },
  },
  {
    name: 'a key that is missing',
    observe: (place) => refusal(get(place, 'missing')),
    aws: 'NoSuchKey 404',
  },
  {
    name: 'a bucket that does not exist',
    observe: async (place) => [
      await refusal(get(place, 'a', 'nowhere')),
      await refusal(put(place, 'a', 'x', { Bucket: 'nowhere' })),
      await refusal(list(place, { Bucket: 'nowhere' })),
    ],
    aws: ['NoSuchBucket 404', 'NoSuchBucket 404', 'NoSuchBucket 404'],
  },
  {
    name: 'a key of 1,025 bytes',
    observe: (place) => refusal(put(place, 'a'.repeat(1025), 'x')),
    aws: 'KeyTooLongError 400',
  },
  {
    name: 'a list from a token that nobody gave out',
    observe: (place) => refusal(list(place, { ContinuationToken: 'nonsense' })),
    aws: 'InvalidArgument 400',
  },
  {
    name: 'a list of less than no keys',
    observe: (place) => refusal(list(place, { MaxKeys: -1 })),
    aws: 'InvalidArgument 400',
  },
  {
    name: 'a write that must not match a digest',
    observe: (place) => refusal(put(place, 'condition', 'x', { IfNoneMatch: '"0"' })),
    aws: 'NotImplemented 501',
  },
  ...RAW_CASES.map(
    ([name, headers, aws]): Case => ({
      name: `a plain PUT with ${name}`,
      observe: (place) => putRaw(place, headers),
      aws,
    }),
  ),
  {
    name: 'a plain PUT that does not say how long it is',
    observe: (place) => putRaw(place, UNSIGNED, new Blob(['hello']).stream()),
    aws: 'MissingContentLength 411',
  },
];
