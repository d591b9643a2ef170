// Tries a call until it works, cannot work, or its time is over. The clock ends it, not a count. The loop is our own:
// a package for it is no shorter to use, and Node would read it at each cold start for what is rarely needed.
import { LONGEST_ATTEMPT_MS, waitBeforeNext } from '../domain/tries.ts';
import { CallFailed } from '../ports.ts';

/** What reaches the log and the metrics is a short word, whatever an answer says. */
const REASON_CHARS = 64;
const NOT_OF_A_REASON = /[^\w.]/g;

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
const UNAVAILABLE = new Set([
  'ConditionalRequestConflict',
  'InternalError',
  'InternalServerError',
  'ResourceContention',
  'ResourceContentionFault',
  'ServiceUnavailable',
  'Unavailable',
]);
const TIMED_OUT = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException']);
/** Success, and then a body that is cut short, or a proxy's: the SDK fails in its parser. */
const UNREADABLE = 'UnreadableAnswer';
const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** What a call does that is throttled: it tries again until its time is over, or leaves the bucket to others. */
export type Throttled = 'triesAgain' | 'givesUp';

/**
 * `attempt` gets the milliseconds that it has; they end at `untilMs` (epoch milliseconds) or before.
 * @throws CallFailed with the reason of the last attempt that was not cut short, or `NoTimeLeft` if there was time for none
 */
export async function callUntil<T>(
  call: string,
  untilMs: number,
  attempt: (timeoutMs: number) => Promise<T>,
  throttled: Throttled = 'triesAgain',
): Promise<T> {
  let failed: CallFailed | undefined;
  for (let attempts = 1; ; attempts += 1) {
    const leftMs = untilMs - Date.now();
    if (leftMs <= 0) throw failed ?? new CallFailed(call, 'NoTimeLeft');
    try {
      return await attempt(Math.min(leftMs, LONGEST_ATTEMPT_MS));
    } catch (error) {
      const reason = reasonOf(error);
      // A last attempt that was cut short says less than what the one before it was told.
      const wasCutShort = reason === 'TimeoutError' && leftMs < LONGEST_ATTEMPT_MS;
      const mayWork = isTransient(reason, statusOf(error));
      if (failed === undefined || !wasCutShort) failed = new CallFailed(call, reason, error, mayWork);
      const waitMs = waitBeforeNext(attempts, untilMs - Date.now(), Math.random());
      const leavesIt = throttled === 'givesUp' && isThrottled(reason, error);
      if (waitMs === undefined || !mayWork || leavesIt) throw failed;
      await sleep(waitMs);
    }
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const isThrottled = (reason: string, error: unknown): boolean =>
  THROTTLED.has(reason) || statusOf(error) === 429;

/** Throttling, faults of the service, of the network and of time. Everything else stays as it is however often one asks. */
function isTransient(reason: string, status: number): boolean {
  return (
    status >= 500 ||
    status === 429 ||
    reason === UNREADABLE ||
    THROTTLED.has(reason) ||
    UNAVAILABLE.has(reason) ||
    TIMED_OUT.has(reason) ||
    SOCKET.has(reason)
  );
}

/** The socket's or TLS's code, else the service's or the SDK's name for it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (SOCKET.has(code)) return code;
  const status = statusOf(error);
  if (status >= 200 && status < 300) return UNREADABLE;
  // The type of `name` is a promise of the SDK's, and what it is made of is the answer.
  const word = error.name === 'Error' && code !== '' ? code : String(error.name);
  return word.slice(0, REASON_CHARS).replace(NOT_OF_A_REASON, '_') || 'Unknown';
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error && '$metadata' in error)) return 0;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
}
