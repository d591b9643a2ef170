// Takes more messages than Lambda hands over: without a window, for which a quiet queue waits, those are ten at most.
import type { Waiting } from './domain/waiting.ts';
import { CallFailed, type QueuePorts } from './ports.ts';

/** Calls at once, at most. */
const AT_ONCE = 8;
/** ReceiveMessage gives no more. */
const RECEIVED = 10;
/** Milliseconds for all of it: what is in hand already must not wait for more. */
const DRAW_MS = 2_000;
/** Characters of all bodies: 200 usual messages have a third of it, and what is far larger is none of ours. */
const MOST_CHARS = 2_000_000;

export interface Drawn {
  readonly messages: readonly Waiting[];
  /** Why a call was given up, where one was. What others brought is there. */
  readonly failed?: string;
}

/**
 * First by one call, then by more at once as long as some come: a queue that is empty costs one. It does not wait, so of
 * few messages SQS may not find all; they are there for the next call.
 */
export async function draw(
  most: number,
  untilMs: number,
  { receive, now }: Pick<QueuePorts, 'receive' | 'now'>,
): Promise<Drawn> {
  const messages: Waiting[] = [];
  let chars = 0;
  const drawUntilMs = Math.min(untilMs, now() + DRAW_MS);
  for (let calls = 1; messages.length < most && chars < MOST_CHARS; calls = Math.min(2 * calls, AT_ONCE)) {
    const left = most - messages.length;
    const wanted = Math.min(calls, Math.ceil(left / RECEIVED));
    const sizes = Array.from({ length: wanted }, (_, nth) => Math.min(RECEIVED, left - nth * RECEIVED));
    const received = await Promise.allSettled(sizes.map((size) => receive(size, drawUntilMs)));
    const came = received.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    messages.push(...came);
    chars += came.reduce((sum, { body }) => sum + body.length, 0);
    const refused = received.find((one) => one.status === 'rejected');
    if (refused !== undefined) return { messages, failed: reasonOf(refused.reason) };
    if (came.length === 0) break;
  }
  return { messages };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof CallFailed)) throw error;
  return error.reason;
}
