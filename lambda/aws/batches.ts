// SQS's calls for several messages: ten at a time, the tens side by side. What failed is named, one by one.
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { CallFailed } from '../ports.ts';
import { callUntil } from './retry.ts';

/** No call takes more entries. */
const BATCH = 10;
/** Nor more bytes than one message may have. */
const TOO_LONG = /BatchRequestTooLong$/;

/** `send` gets up to ten, whose index is the `Id` of their entry. Returns those that failed, each with the reason. */
export async function inBatches<T>(
  call: string,
  all: readonly T[],
  untilMs: number,
  send: (
    some: readonly T[],
    options: { readonly requestTimeout: number },
  ) => Promise<{ readonly Failed?: BatchResultErrorEntry[] | undefined }>,
): Promise<Map<T, string>> {
  const failed = new Map<T, string>();
  const batches = Array.from({ length: Math.ceil(all.length / BATCH) }, (_, nth) =>
    all.slice(nth * BATCH, (nth + 1) * BATCH),
  );
  const sendAll = async (batch: readonly T[]): Promise<void> => {
    try {
      const answer = await callUntil(call, untilMs, (requestTimeout) => send(batch, { requestTimeout }));
      for (const { Id, Code = 'Unknown' } of answer.Failed ?? []) {
        const one = batch[Number(Id)];
        if (one !== undefined) failed.set(one, Code);
      }
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      if (batch.length > 1 && TOO_LONG.test(error.reason)) {
        await Promise.all(batch.map((one) => sendAll([one])));
        return;
      }
      for (const one of batch) failed.set(one, error.reason);
    }
  };
  await Promise.all(batches.map(sendAll));
  return failed;
}
