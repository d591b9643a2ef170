// Results for a reader.
import { DESIGN_NAMES, type DesignName } from './compare.ts';
import type { Quota } from './quotas.ts';
import type { Result } from './result.ts';
import type { WorldOptions } from './world.ts';

const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
const seconds = (value: number | null): string => (value === null ? '-' : `${value.toFixed(1)} s`);

const ROWS: readonly (readonly [string, (result: Result) => string])[] = [
  ['command within 10 s', ({ reachedWithin10s }) => percent(reachedWithin10s)],
  ['command within 60 s', ({ reachedWithin60s }) => percent(reachedWithin60s)],
  ['command in time', ({ reachedInTime }) => percent(reachedInTime)],
  ['started in time', ({ startedInTime }) => percent(startedInTime)],
  ['no command in time', ({ lost }) => String(lost)],
  ['notices without an end', ({ withoutEnd }) => String(withoutEnd)],
  ['to the command, half', ({ p50S }) => seconds(p50S)],
  ['to the command, 99 %', ({ p99S }) => seconds(p99S)],
  ['to the command, all', ({ lastS }) => seconds(lastS)],
  ['calls of EC2 and SSM', ({ calls }) => String(calls)],
];

export function tableOf(options: WorldOptions, results: Record<DesignName, Result>): string {
  const { notices, foreign, badIds, sendRate, taken, concurrency, spreadMs } = options;
  const row = (cells: readonly string[]): string =>
    cells.map((cell, nth) => (nth === 0 ? cell.padEnd(24) : cell.padStart(14))).join('');
  return [
    `${notices} notices within ${spreadMs / 1000} s, ${foreign} foreign ones beside them, ${percent(badIds)} unknown to SSM`,
    `SendCommand at ${sendRate} a second, ${percent(taken)} of each API taken by others, Lambda concurrency ${concurrency}`,
    '',
    row(['', ...DESIGN_NAMES]),
    ...ROWS.map(([name, show]) => row([name, ...DESIGN_NAMES.map((design) => show(results[design]))])),
    '',
    'Shares are of the instances that SSM knows. What the event path does not reach, the watcher on the instance sees by itself.',
    '',
  ].join('\n');
}

export function tableOfQuotas(found: readonly Quota[]): string {
  const rate = (value: number | null): string => (value === null ? 'more than 40' : String(value));
  const row = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(16)).join('');
  return [
    'SendCommands a second that ours needs, where all of a fleet goes at once',
    row(['instances', 'all in time', 'all within 60 s']),
    ...found.map(({ notices, inTime, within60s }) => row([String(notices), rate(inTime), rate(within60s)])),
    '',
  ].join('\n');
}
