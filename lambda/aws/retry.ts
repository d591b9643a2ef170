// Tries a call until it works, cannot work, or its time is over. The clock ends it, not a count.
import pRetry from 'p-retry';
import { CallFailed } from '../ports.ts';

/** Milliseconds. The first delay; it doubles, jittered, up to the last: SendCommand's bucket refills within seconds. */
const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 2_000;

/** Milliseconds that a last attempt needs to be worth its call. */
const ATTEMPT_MS = 500;

const THROTTLED = new Set([
  'EC2ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottledException',
  'ThrottlingException',
  'TooManyRequestsException',
]);
/** The services' own faults, whatever status they come with. */
const UNAVAILABLE = new Set(['InternalError', 'InternalServerError', 'ServiceUnavailable', 'Unavailable']);
const TIMED_OUT = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException']);
const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
]);

/**
 * `attempt` gets the signal that ends it at `untilMs` (epoch milliseconds).
 * @throws CallFailed with the reason of the last attempt, or `NoTimeLeft` if there was time for none
 */
export async function callUntil<T>(
  call: string,
  untilMs: number,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const leftMs = untilMs - Date.now();
  if (leftMs <= 0) throw new CallFailed(call, 'NoTimeLeft');
  const signal = AbortSignal.timeout(leftMs);
  try {
    return await pRetry(() => attempt(signal), {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: FIRST_DELAY_MS,
      maxTimeout: LAST_DELAY_MS,
      randomize: true,
      maxRetryTime: Math.max(0, leftMs - ATTEMPT_MS),
      shouldRetry: ({ error }) => isTransient(error),
    });
  } catch (error) {
    throw new CallFailed(call, reasonOf(error), error);
  }
}

/** Throttling, faults of the service, of the network and of time. Everything else stays as it is however often one asks. */
function isTransient(error: unknown): boolean {
  const reason = reasonOf(error);
  return (
    statusOf(error) >= 500 ||
    statusOf(error) === 429 ||
    THROTTLED.has(reason) ||
    UNAVAILABLE.has(reason) ||
    TIMED_OUT.has(reason) ||
    SOCKET.has(reason)
  );
}

/** The socket's code (the SDK calls some of its faults a time-out), else the service's or the SDK's name for it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown';
  if ('code' in error && typeof error.code === 'string' && SOCKET.has(error.code)) return error.code;
  // Only our own signal aborts an attempt, and it does so for time.
  return error.name === 'AbortError' ? 'TimeoutError' : error.name;
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error && '$metadata' in error)) return 0;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
}
