// Lets the notice out on both paths, and waits until nothing is left to wait for, or the reclaim comes.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { INTERRUPTION_DETAIL_TYPE, REBALANCE_DETAIL_TYPES } from '../contract/events.ts';
import { PATHS, WATCH_UNIT } from '../contract/instance.ts';
import type { Instance } from './machine/instance.ts';
import { commandLine, isWaitingRunner } from './machine/processes.ts';
import { besideServices, servicesOf } from './machine/services.ts';
import type { Observer } from './observer.ts';
import type { Scenario } from './scenario.ts';
import { isObject, type Json } from './template/template.ts';
import type { LocalWorld } from './world.ts';

const POLL_MS = 20;
/** How long the runner has to leave after its report, and a log line to come out of its pipe. */
const SETTLE_MS = 2_000;
const REPORT_MS = 2_000;
const BETWEEN_EVENTS_SECONDS = 0.15;
/** What the watcher says when it has dealt with a notice. */
const DEALT_WITH = /^(interruption|rebalance): /;

export interface Notice {
  readonly event: Json;
  /** Milliseconds since the epoch. */
  readonly reclaimMs: number;
}

/** True where nothing is left to wait for before the reclaim. */
export async function untilQuiet(
  scenario: Scenario,
  world: LocalWorld,
  { event, reclaimMs }: Notice,
  observer: Observer,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let underWay = 0;
  const begin = (act: () => Promise<void>): void => {
    underWay += 1;
    act()
      .catch((error: unknown) => observer.onProblem(messageOf(error)))
      .finally(() => {
        underWay -= 1;
      });
  };
  const events = isObject(event) && scenario.deliver ? scenario.deliver(event) : [event];
  if (events.length === 0) {
    observer.onEvent(event);
    observer.onLost();
  }
  for (const [nth, one] of events.entries()) {
    const between = scenario.secondsBetween ?? BETWEEN_EVENTS_SECONDS;
    begin(async () => {
      await delay((nth * between + (scenario.eventAfter ?? 0)) * 1000);
      observer.onEvent(one);
      if ((await world.region.put(one)) === 0) observer.onUnmatched();
    });
  }
  let announced = false;
  const after = scenario.metadata?.announcesAfter ?? 0;
  const { 'detail-type': type = null, time = null } = isObject(event) ? event : {};
  if (after !== Number.POSITIVE_INFINITY) {
    begin(async () => {
      await delay(after * 1000);
      if (REBALANCE_DETAIL_TYPES.some((known) => known === type)) world.recommend(String(time));
      else if (type === INTERRUPTION_DETAIL_TYPE) world.announce();
      else return;
      announced = true;
    });
  }
  begin(async () => scenario.meanwhile?.(world));

  const open = (status: string): boolean => status === 'Pending' || status === 'InProgress';
  const quiet = (): boolean =>
    underWay === 0 &&
    !world.region.isReading() &&
    !world.region.commands.invocations.some(({ status }) => open(status)) &&
    !isRunning(world.instance) &&
    !isReporting(scenario, world) &&
    !(announced && isWatcherToAct(world));
  while (!quiet() && Date.now() < reclaimMs) await delay(POLL_MS, undefined, { signal });
  return quiet();
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A plan that is not over. A run is named by its deadline; beside them lies the next one's folder, made ahead. */
function isRunning(instance: Instance): boolean {
  const runs = instance.at(PATHS.runs);
  return (
    existsSync(runs) &&
    readdirSync(runs).some((run) => /^\d/.test(run) && existsSync(`${runs}/${run}/unfinished`))
  );
}

/** A plan has ended, and its report is not yet in S3: the machine has that moment, but not for ever. */
function isReporting({ metadata }: Scenario, { region, instance }: LocalWorld): boolean {
  const runs = instance.at(PATHS.runs);
  if (metadata?.noRole || !existsSync(runs)) return false;
  const keys = region.buckets.flatMap(({ puts }) => [...puts.keys()]);
  return readdirSync(runs).some((run) => {
    const journal = `${runs}/${run}/journal.jsonl`;
    if (!/^\d+(-rebalance)?$/.test(run) || !existsSync(journal)) return false;
    const isFresh = Date.now() - statSync(journal).mtimeMs < REPORT_MS;
    return isFresh && !keys.some((key) => key.endsWith(`/${run}.json`));
  });
}

/** It runs, and has not yet had a word on the notice that the metadata service announces. */
function isWatcherToAct({ watcher, instance }: LocalWorld): boolean {
  return !watcher.some((line) => DEALT_WITH.test(line)) && servicesOf(instance).has(WATCH_UNIT);
}

/** Waits a moment for what is about to leave, then names what has not. */
export async function leftIn(
  { instance, region }: LocalWorld,
  { log, invocations }: Observer,
): Promise<string[]> {
  const until = Date.now() + SETTLE_MS;
  const commanded = region.commands.invocations.length > 0;
  const left = (): number[] => besideServices(instance).filter((pid) => !isWaitingRunner(pid));
  const leaving = (): boolean => log.length < invocations || (commanded && left().length > 0);
  while (leaving() && Date.now() < until) await delay(POLL_MS);
  return left().map(commandLine);
}
