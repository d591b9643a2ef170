// The bucket: outcome objects are listed and claimed, the guards' reports are read.
import {
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { OutcomeRecord } from '../../contract/outcomes.ts';
import { REPORT_MAX_CHARS } from '../../contract/report.ts';
import { REPORTS_PREFIX } from '../../contract/storage.ts';
import type { LeftReport } from '../domain/evidence.ts';
import { CallFailed } from '../ports.ts';
import { CONFIG } from './clients.ts';
import { callUntil } from './retry.ts';

/** An instance may write what it likes under its own name: only the newest few are read, and none that is no report. */
const REPORTS_READ = 5;

/** With the SDK's own handler of requests: its answers have bodies that are read one by one. */
export const newS3Client = (): S3Client => {
  const { requestHandler: _ofOthers, ...config } = CONFIG;
  return new S3Client(config);
};

/** All names that begin so. */
export async function listKeys(
  s3: S3Client,
  bucket: string,
  prefix: string,
  untilMs: number,
): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = { Prefix: prefix, ContinuationToken: token };
    const answer: ListObjectsV2CommandOutput = await list(s3, bucket, page, untilMs);
    keys.push(...(answer.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    token = answer.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}

/** `instanceArn`: the guard writes under it, and its role can write nowhere else. */
export async function reportsOf(
  s3: S3Client,
  bucket: string,
  instanceArn: string,
  sinceMs: number,
  untilMs: number,
): Promise<LeftReport[]> {
  const prefix = `${REPORTS_PREFIX}${instanceArn}/`;
  // A report is named by its deadline, in epoch seconds.
  const after = `${prefix}${Math.floor(sinceMs / 1000)}`;
  const { Contents: contents = [] } = await list(s3, bucket, { Prefix: prefix, StartAfter: after }, untilMs);
  const newest = contents
    .map(({ Key, Size = 0, LastModified }) => ({
      key: Key,
      size: Size,
      savedMs: LastModified?.getTime() ?? 0,
    }))
    .filter(({ savedMs }) => savedMs >= sinceMs)
    .sort((a, b) => b.savedMs - a.savedMs)
    .slice(0, REPORTS_READ);
  return Promise.all(
    newest.map(async ({ key, size, savedMs }) => {
      const isReport = key !== undefined && size <= REPORT_MAX_CHARS;
      return { text: isReport ? await readIfPossible(s3, bucket, key, untilMs) : '', savedMs };
    }),
  );
}

/** Empty where S3 says no for good: an instance must not keep its outcome back by an object that nobody can read. */
async function readIfPossible(s3: S3Client, bucket: string, key: string, untilMs: number): Promise<string> {
  try {
    return await read(s3, bucket, key, untilMs);
  } catch (error) {
    if (error instanceof CallFailed && !error.isTransient) return '';
    throw error;
  }
}

/** True where the object is this writer's: also where an answer was lost and another try met its own object. */
export async function claim(
  s3: S3Client,
  bucket: string,
  key: string,
  record: OutcomeRecord,
  untilMs: number,
): Promise<boolean> {
  const request = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: `${JSON.stringify(record)}\n`,
    ContentType: 'application/json',
    IfNoneMatch: '*',
  });
  try {
    await callUntil('PutObject', untilMs, (ms) =>
      within(ms, (abortSignal) => s3.send(request, { abortSignal })),
    );
    return true;
  } catch (error) {
    if (!(error instanceof CallFailed && error.reason === 'PreconditionFailed')) throw error;
    return (await read(s3, bucket, key, untilMs)).includes(JSON.stringify(record.claim));
  }
}

function list(
  s3: S3Client,
  bucket: string,
  page: Pick<ListObjectsV2CommandInput, 'Prefix' | 'StartAfter' | 'ContinuationToken'>,
  untilMs: number,
): Promise<ListObjectsV2CommandOutput> {
  const request = new ListObjectsV2Command({ Bucket: bucket, ...page });
  return callUntil('ListObjectsV2', untilMs, (ms) =>
    within(ms, (abortSignal) => s3.send(request, { abortSignal })),
  );
}

/** Head and body in one try: a body that is cut short is asked for again. */
function read(s3: S3Client, bucket: string, key: string, untilMs: number): Promise<string> {
  const request = new GetObjectCommand({ Bucket: bucket, Key: key });
  return callUntil('GetObject', untilMs, (ms) =>
    within(ms, async (abortSignal) => {
      const { Body: body } = await s3.send(request, { abortSignal });
      return (await body?.transformToString()) ?? '';
    }),
  );
}

/** The SDK's own handler has no time-out for the whole of an answer. @throws TimeoutError */
async function within<T>(ms: number, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(Math.ceil(ms));
  const over = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason)),
  );
  try {
    return await Promise.race([over, attempt(signal)]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
