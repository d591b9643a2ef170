// Runs the built bundle as Lambda does: a process of its own, the environment, one event, its lines on stdout.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { FUNCTION_VARIABLES } from '../../contract/environment.ts';
import { METRIC_NAMESPACE, METRIC_SERVICE } from '../../contract/metrics.ts';
import { FUNCTION_ARN, REGION } from './events.ts';

const bundleOf = (part: string): string =>
  fileURLToPath(new URL(`../../dist/lambda/${part}/index.mjs`, import.meta.url));
export const BUNDLE = bundleOf('respond');

export const ENVIRONMENT: Readonly<Record<string, string>> = {
  [FUNCTION_VARIABLES.document]: 'SpotGuard-Document-1',
  [FUNCTION_VARIABLES.defaults]: '{"grace":"5"}',
  [FUNCTION_VARIABLES.settlementQueue]: 'https://sqs.us-east-2.amazonaws.com/123456789012/tickets.fifo',
  [FUNCTION_VARIABLES.overflowQueue]: 'https://sqs.us-east-2.amazonaws.com/123456789012/overflow',
  [FUNCTION_VARIABLES.deadLetterQueue]: 'https://sqs.us-east-2.amazonaws.com/123456789012/dead-letters',
  [FUNCTION_VARIABLES.fleetQueue]: 'https://sqs.us-east-2.amazonaws.com/123456789012/fleet',
  [FUNCTION_VARIABLES.bucket]: 'history',
  [FUNCTION_VARIABLES.logLevel]: 'INFO',
  [FUNCTION_VARIABLES.service]: METRIC_SERVICE,
  [FUNCTION_VARIABLES.metricsNamespace]: METRIC_NAMESPACE,
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

/** Ends itself: a handler that leaves a timer behind does not hang the test. */
const RUN = `
  import { writeSync } from 'node:fs';
  const [bundle, event, arn, remainingMs] = process.argv.slice(1);
  const startMs = Date.now();
  try {
    const { handler } = await import(bundle);
    const getRemainingTimeInMillis = () => Number(remainingMs) - (Date.now() - startMs);
    const answer = await handler(JSON.parse(event), { invokedFunctionArn: arn, getRemainingTimeInMillis });
    writeSync(4, JSON.stringify(answer ?? null));
    // A reader that is slow has not all of the log yet.
    await new Promise((resolve) => process.stdout.write('', resolve));
    process.exit(0);
  } catch (error) {
    writeSync(3, error.message);
    process.exit(1);
  }`;

export interface Invocation {
  /** Each line as JSON: the log and, with `_aws`, the metrics. Powertools puts warnings on stderr; Lambda keeps both. */
  readonly lines: readonly Record<string, unknown>[];
  readonly log: readonly Record<string, unknown>[];
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly output: string;
  /** The message of what the handler threw, empty if it did not. */
  readonly error: string;
  /** What the handler returned; null if it threw. */
  readonly answer: unknown;
}

export async function invoke(
  event: unknown,
  environment: Readonly<Record<string, string>>,
  { remainingMs = 10_000, arn = FUNCTION_ARN, part = 'respond' } = {},
): Promise<Invocation> {
  const args = [
    '--input-type=module',
    '-e',
    RUN,
    bundleOf(part),
    JSON.stringify(event),
    arn,
    String(remainingMs),
  ];
  const child = spawn(process.execPath, args, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [, , , thrown, returned] = child.stdio;
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
  if (!(thrown instanceof Readable && returned instanceof Readable)) throw new Error('no pipes');
  const [stdout, stderr, error, answer] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    text(thrown),
    text(returned),
    once(child, 'close'),
  ]);
  const output = stdout + stderr;
  const lines: Record<string, unknown>[] = output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return {
    lines,
    log: lines.filter((line) => !('_aws' in line)),
    metrics: lines.find((line) => '_aws' in line) ?? {},
    output,
    error,
    answer: JSON.parse(answer || 'null'),
  };
}
