// The local S3 as the real SDK sees it, and as a plain signed request does.
import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LocalAws, openLocalAws, region, WRITER } from './local-aws.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await openLocalAws();
});

const Bucket = 'history';
const s3 = () => new S3Client(aws.config);
const writer = () => new S3Client({ ...aws.config, credentials: WRITER });
const put = (Key: string, Body: string | Uint8Array, more: Partial<PutObjectCommandInput> = {}) =>
  s3().send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key: string, client = s3()) => client.send(new GetObjectCommand({ Bucket, Key }));
const list = (more: Partial<ListObjectsV2CommandInput>) =>
  s3().send(new ListObjectsV2Command({ Bucket, ...more }));
const md5 = (text: string) => `"${createHash('md5').update(text).digest('hex')}"`;

describe('S3', () => {
  it('gives back what was put, byte for byte, under any key', async () => {
    const Key = "outcomes/a b/ü+%&<x>'(1)/../.json";
    const Body = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const { ETag, ChecksumCRC32, VersionId } = await put(Key, Body, { ContentType: 'text/plain' });
    const got = await get(Key);
    expect(await got.Body?.transformToByteArray()).toEqual(Body);
    expect(got).toMatchObject({
      ETag,
      ChecksumCRC32,
      VersionId,
      ContentType: 'text/plain',
      ContentLength: 256,
      LastModified: new Date(Math.floor(aws.clock.ms / 1000) * 1000),
    });
    expect(aws.bucket.objects.get(Key)?.body).toEqual(Buffer.from(Body));
    expect(aws.calls.at(-1)).toMatchObject({ service: 's3', action: 'GetObject', allowed: true });
  });

  it('lets one of eight writers of a key win, and tells the others that the key is there', async () => {
    for (let round = 0; round < 20; round += 1) {
      const key = `outcomes/race-${round}.json`;
      const writes = Array.from({ length: 8 }, (_, n) => put(key, `writer ${n}`, { IfNoneMatch: '*' }));
      const ends = await Promise.allSettled(writes);
      const winners = ends.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
      expect(winners).toHaveLength(1);
      expect(ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason.name)).toEqual(
        Array.from({ length: 7 }, () => 'PreconditionFailed'),
      );
      expect(await (await get(key)).Body?.transformToString()).toBe(`writer ${winners[0]}`);
      expect(aws.bucket.puts.get(key)).toBe(1);
    }
  });

  it('keeps every version that was written without a condition', async () => {
    await put('twice', 'one');
    await put('twice', 'two');
    const versions = aws.bucket.versions.filter(({ key }) => key === 'twice');
    expect(versions.map(({ body }) => body.toString())).toEqual(['one', 'two']);
    expect(aws.bucket.puts.get('twice')).toBe(2);
    expect(aws.bucket.objects.get('twice')?.etag).toBe(md5('two'));
  });

  it('lists keys by prefix in the order of their bytes, with size and digest', async () => {
    // In UTF-16, which is how JavaScript sorts, the last two are the other way round.
    const keys = ['A', 'a', 'a/b', 'a0', 'é', '\uff5e', '\u{1f600}'].map((name) => `order/${name}`);
    for (const key of keys.toReversed()) await put(key, key);
    const { Contents, KeyCount, IsTruncated, Name } = await list({ Prefix: 'order/' });
    expect(Contents?.map(({ Key }) => Key)).toEqual(keys);
    expect({ KeyCount, IsTruncated, Name }).toEqual({ KeyCount: 7, IsTruncated: false, Name: Bucket });
    expect(Contents?.[0]).toMatchObject({ Size: 7, ETag: md5('order/A'), StorageClass: 'STANDARD' });
    const after = await list({ Prefix: 'order/', StartAfter: 'order/a0', MaxKeys: 1 });
    expect(after.Contents?.map(({ Key }) => Key)).toEqual(['order/é']);
    expect((await list({ Prefix: 'order/', MaxKeys: 0 })).IsTruncated).toBe(false);
  });

  it('pages, and takes more than a page for a page', async () => {
    for (let n = 0; n < 1001; n += 1) aws.bucket.put(`many/${n}`, Buffer.from(''));
    const pages: (number | undefined)[] = [];
    const input = { Bucket, Prefix: 'many/', MaxKeys: 5000 };
    const found = new Set<string | undefined>();
    for await (const { KeyCount, Contents = [] } of paginateListObjectsV2({ client: s3() }, input)) {
      pages.push(KeyCount);
      for (const { Key } of Contents) found.add(Key);
    }
    expect(pages).toEqual([1000, 1]);
    expect((await list({ MaxKeys: 5000 })).MaxKeys).toBe(1000);
    expect(found.size).toBe(1001);
  });

  it('tells a missing key to those alone who may list', async () => {
    await expect(get('missing')).rejects.toMatchObject({
      name: 'NoSuchKey',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(get('missing', writer())).rejects.toMatchObject({
      name: 'AccessDenied',
      $metadata: { httpStatusCode: 403 },
    });
    aws.bucket.put('there', Buffer.from('x'));
    expect((await get('there', writer())).ContentLength).toBe(1);
  });

  it('judges a list as ListBucket and heeds what the policy of the bucket denies', async () => {
    await expect(writer().send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('s3:ListBucket'),
    });
    expect(aws.calls.at(-1)).toMatchObject({ action: 'ListObjectsV2', allowed: false });
    aws.bucket.put('secret/a', Buffer.from('x'));
    await expect(get('secret/a')).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(aws.decided.at(-1)).toEqual({ policy: null, index: 0 });
    await expect(put('once/a', 'x')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(put('once/a', 'x', { IfNoneMatch: '*' })).resolves.toBeDefined();
  });

  it("tells a policy the caller's own condition keys", async () => {
    await expect(put('of-one/a', 'x')).rejects.toMatchObject({ name: 'AccessDenied' });
    const own = new PutObjectCommand({ Bucket, Key: 'of-one/a', Body: 'x' });
    await expect(writer().send(own)).resolves.toBeDefined();
  });

  it('refuses a bucket that is none, a key too long and a token of another place', async () => {
    await expect(list({ Bucket: 'history-gone' })).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(put('é'.repeat(513), 'x')).rejects.toMatchObject({ name: 'KeyTooLongError' });
    await expect(list({ ContinuationToken: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(list({ MaxKeys: -1 })).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(put('a', 'x', { IfNoneMatch: md5('x') })).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  it('plays planted faults in the real shapes', async () => {
    aws.faults.push({ service: 's3', action: 'PutObject', kind: 'throttle', first: 1 });
    await expect(put('slow', 'x')).rejects.toMatchObject({
      name: 'SlowDown',
      $metadata: { httpStatusCode: 503 },
    });
    aws.faults.push({ service: 's3', action: 'PutObject', kind: 'reset', first: 1, taken: true });
    await expect(put('taken', 'x', { IfNoneMatch: '*' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(put('taken', 'x', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
  });
});

describe('a plain signed request', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  /** No signature is looked at here, only who signed and what is said of the body. */
  const ask = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIAREHEARSAL/20260101/${region}/s3/aws4_request, SignedHeaders=host, Signature=0`;
    const answer = await fetch(`${aws.url}/${Bucket}${path}`, {
      method,
      headers: { authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    return `${answer.status} ${/<Code>(.*)<\/Code>/.exec(text)?.[1] ?? text}`.trim();
  };
  const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };

  it('puts an object, with its body signed or not', async () => {
    expect(await ask('PUT', '/plain', { 'x-amz-content-sha256': sha256('hello') }, 'hello')).toBe('200');
    expect(await ask('PUT', '/plain', unsigned, 'hello')).toBe('200');
    expect(aws.bucket.objects.get('plain')?.body.toString()).toBe('hello');
  });

  /** Of the text `123456789`. */
  const RIGHT = {
    'x-amz-checksum-crc32': 'y/Q5Jg==',
    'x-amz-checksum-crc32c': '4waSgw==',
    'x-amz-checksum-crc64nvme': 'rosUhgp5mIg=',
    'x-amz-checksum-sha1': '98O8HYCOBHMq32eZZczDTKeuNEE=',
    'x-amz-checksum-sha256': 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
    'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==',
  };
  it.each(Object.entries(RIGHT))('whose %s is not that of the body is refused', async (name, value) => {
    const from = aws.bucket.versions.length;
    expect(await ask('PUT', '/sum', { ...unsigned, [name]: value }, '123456780')).toBe('400 BadDigest');
    expect(aws.bucket.versions).toHaveLength(from);
    expect(await ask('PUT', '/sum', { ...unsigned, [name]: value }, '123456789')).toBe('200');
  });

  it('that says something else of its body, or nothing, is refused', async () => {
    const signed = (value: string) => ask('PUT', '/x', { 'x-amz-content-sha256': value }, 'hello');
    expect(await signed(sha256('other'))).toBe('400 XAmzContentSHA256Mismatch');
    expect(await signed('none')).toBe('400 InvalidArgument');
    expect(await ask('PUT', '/x', {}, 'hello')).toBe('400 InvalidRequest');
    expect(await ask('PUT', '/x', { ...unsigned, 'x-amz-checksum-crc32': 'short' }, 'hello')).toBe(
      '400 InvalidRequest',
    );
    const promised = { ...unsigned, 'x-amz-sdk-checksum-algorithm': 'CRC32' };
    expect(await ask('PUT', '/x', promised, 'hello')).toBe('400 InvalidRequest');
  });

  const beyond: [string, string, Record<string, string>, RegExp][] = [
    ['DELETE', '/x', {}, /does not know DELETE/],
    ['HEAD', '/x', {}, /does not know HEAD/],
    ['PUT', '', {}, /does not know PUT/],
    ['GET', '', {}, /does not know GET/],
    ['GET', '/x?versionId=1', {}, /parameter versionId of GetObject/],
    ['GET', '?list-type=2&delimiter=/', {}, /parameter delimiter of ListObjectsV2/],
    ['PUT', '/x', { 'x-amz-copy-source': '/history/y' }, /header x-amz-copy-source of PutObject/],
    ['PUT', '/x', { 'if-match': '"0"' }, /header if-match of PutObject/],
    ['PUT', '/x', { 'content-encoding': 'aws-chunked' }, /header content-encoding of PutObject/],
    ['GET', '/x', { range: 'bytes=0-1' }, /header range of GetObject/],
    ['PUT', '/x', { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }, /bodies that are STREAM/],
  ];
  it.each(beyond)('%s %s %o is a fault of the stand-in, not an answer', async (method, path, more, why) => {
    const body = method === 'PUT' ? 'x' : undefined;
    expect(await ask(method, path, { ...unsigned, ...more }, body)).toMatch(/^500/);
    expect(aws.troubles.splice(0)).toEqual([expect.stringMatching(why)]);
  });
});
