// What came of a burst, and what must hold of it.
import type { ApiCall } from '../region/endpoints/server.ts';
import type { Usage } from '../region/lambda-environment.ts';

export interface Burst {
  readonly notices: number;
  /** Notices whose instance had no command by its deadline. */
  readonly lost: number;
  /** Instances whose hook ran more than once, and those where it did not run. */
  readonly ranTwice: number;
  readonly neverRan: number;
  /** Notices that were given up. */
  readonly deadLettered: number;
  /** Processes that outlived their machine's command. */
  readonly leftBehind: number;
  /** How many notices had each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Seconds from the first event to the command that half, 99 % and all of the instances got. */
  readonly p50S: number;
  readonly p99S: number;
  readonly lastS: number;
  /** What the processes of each function took at most. */
  readonly usage: Readonly<Record<string, Usage>>;
  /** Of the function, by service and action. */
  readonly calls: Readonly<Record<string, number>>;
  readonly throttled: Readonly<Record<string, number>>;
  /** What must not be; none where all is well. */
  readonly problems: readonly string[];
}

/** `problems`: what was found on the way. */
export function judged(burst: Burst): Burst {
  const { notices, outcomes } = burst;
  const none = (count: number, what: string): string[] =>
    count === 0 ? [] : [`expected no ${what}, got ${count} of ${notices}`];
  const graceful = outcomes.graceful ?? 0;
  return {
    ...burst,
    problems: [
      ...burst.problems,
      ...none(burst.lost, 'notice without a command in time'),
      ...none(burst.ranTwice, 'plan to run twice'),
      ...none(burst.neverRan, 'instance without its plan'),
      ...none(burst.deadLettered, 'notice to be given up'),
      ...none(burst.leftBehind, 'process left behind'),
      ...(graceful === notices
        ? []
        : [`expected ${notices} graceful outcomes, got ${JSON.stringify(outcomes)}`]),
    ],
  };
}

export function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

export const callsBy = (calls: readonly ApiCall[]): Record<string, number> =>
  countBy(calls.map(({ service, action }) => `${service}:${action}`));

/** Of sorted values; 0 where there are none. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;

export function tableOfBurst(burst: Burst): string {
  const { notices, lost, ranTwice, deadLettered, leftBehind, outcomes, p50S, p99S, lastS } = burst;
  const { usage, calls, throttled } = burst;
  const row = (name: string, value: string | number): string => `${name.padEnd(34)}${value}`;
  const counted = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  return [
    '',
    row('notices', notices),
    row('without a command in time', lost),
    row('given up', deadLettered),
    row('plans that ran twice', ranTwice),
    row('processes left behind', leftBehind),
    row(
      'seconds to the command',
      `half ${p50S.toFixed(1)}, 99 % ${p99S.toFixed(1)}, all ${lastS.toFixed(1)}`,
    ),
    ...Object.entries(usage)
      .filter(([, { memoryMb }]) => memoryMb > 0)
      .map(([part, { memoryMb, longestMs }]) =>
        row(`${part}, at most`, `${memoryMb} MB, ${longestMs} ms for an event`),
      ),
    row('outcomes', counted(outcomes)),
    row('calls', counted(calls)),
    row('of them throttled', counted(throttled)),
    ...burst.problems.map((problem) => `problem: ${problem.slice(0, SHOWN_CHARS)}`),
  ].join('\n');
}

const SHOWN_CHARS = 300;
