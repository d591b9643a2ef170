// The command line of the rehearsal, checked whole before anything starts.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  EVENT_SOURCE,
  INTERRUPTION_DETAIL_TYPE,
  REBALANCE_DETAIL_TYPES,
  RESERVATION_DETAIL_TYPES,
} from '../contract/events.ts';
import { nearest } from '../contract/nearest.ts';
import { WINDOW_SECONDS } from '../contract/notices.ts';
import { DEFAULT_WINDOW_SECONDS } from './rehearse.ts';
import type { Scenario } from './scenario.ts';
import { DEFAULT_SCENARIO, SCENARIOS } from './scenarios/index.ts';
import { isObject, type Json } from './template/template.ts';

export interface Options {
  readonly scenario: Scenario;
  readonly list: boolean;
  readonly all: boolean;
  readonly json: boolean;
  readonly help: boolean;
  /** So many at once, in place of a scenario. */
  readonly notices?: number;
  readonly windowSeconds?: number;
  readonly event?: Json;
  readonly eventFile?: string;
}

const MEANT_MAX = 5;
const SHOWN_CHARS = 80;
const DETAIL_TYPES = [INTERRUPTION_DETAIL_TYPE, ...RESERVATION_DETAIL_TYPES, ...REBALANCE_DETAIL_TYPES];
const WINDOW = { min: 5, max: 120 };
const NOTICES = { min: 2, max: 5_000 };

export const USAGE = `usage: npm start -- [--scenario NAME] [--event FILE] [--window SECONDS] [--json]
       npm start -- --list
       npm start -- --notices N [--json]
       npm run rehearse:all

  --list             the scenarios, each with its story and the outcome that it must have
  --all              every scenario, a few at a time: a line for each, exit code 0 if all go as they expect
  --scenario NAME    which one to rehearse; ${DEFAULT_SCENARIO.name} where absent
  --event FILE       a recorded EventBridge event; only its time is moved
  --window SECONDS   how many of the ${WINDOW_SECONDS} are left to the reclaim, ${WINDOW.min} to ${WINDOW.max}; where absent, what the scenario
                     needs, or else ${DEFAULT_WINDOW_SECONDS}
  --notices N        a burst instead: so many notices at once, ${NOTICES.min} to ${NOTICES.max}, against AWS's rates for an account
  --json             one JSON object and nothing else (npm start --silent keeps npm's own lines away)
`;

/** A wrong call: its message has a line for each fault. */
export class UsageError extends Error {}

/** Throws UsageError. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const { window, event: eventFile } = values;
  const faults: string[] = [];
  const beside = Object.entries(values).filter(([key, value]) => key !== 'all' && value);
  if (values.all && beside.length > 0) {
    const names = beside.map(([name]) => `--${name}`).join(', ');
    faults.push(`--all: got ${names} beside it, allowed: nothing else`);
  }
  const notices = readOr(undefined, faults, () => readWhole('--notices', values.notices, NOTICES, 'numbers'));
  const others = Object.entries(values).filter(
    ([key, value]) => ['scenario', 'event', 'window'].includes(key) && value !== undefined,
  );
  if (values.notices !== undefined && others.length > 0) {
    const names = others.map(([name]) => `--${name}`).join(', ');
    faults.push(`--notices: got ${names} beside it, allowed: --json`);
  }
  const scenario = readOr(DEFAULT_SCENARIO, faults, () => readScenario(values.scenario));
  const windowSeconds = readOr(undefined, faults, () => readWhole('--window', window, WINDOW, 'seconds'));
  const event = readOr(undefined, faults, () => readEvent(eventFile));
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return {
    scenario,
    all: values.all,
    list: values.list,
    json: values.json,
    help: values.help,
    ...(notices === undefined ? {} : { notices }),
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
    ...(eventFile === undefined || event === undefined ? {} : { eventFile, event }),
  };
}

function readOr<T>(otherwise: T, faults: string[], read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    faults.push(error.message);
    return otherwise;
  }
}

function readScenario(name: string | undefined): Scenario {
  if (name === undefined) return DEFAULT_SCENARIO;
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario) return scenario;
  const near = nearestScenarios(name);
  const meant = near.length > 0 ? `did you mean ${near.join(', ')}? ` : 'there is none such: ';
  throw new UsageError(
    `--scenario: got "${name}", ${meant}npm start -- --list names all ${SCENARIOS.length}`,
  );
}

/** Those that hold the word; where none does, the one that it most likely was, if one is near. */
function nearestScenarios(word: string): string[] {
  const names = SCENARIOS.map(({ name }) => name);
  const holding = word === '' ? [] : names.filter((name) => name.includes(word.toLowerCase()));
  if (holding.length > 0) return holding.slice(0, MEANT_MAX);
  return [nearest(word, names)].filter((name) => name !== undefined);
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        list: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        scenario: { type: 'string' },
        notices: { type: 'string' },
        window: { type: 'string' },
        event: { type: 'string' },
      },
    });
    return values;
  } catch (cause) {
    const words = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new UsageError(`${words} (--help shows the options)`, { cause });
  }
}

function readWhole(
  name: string,
  text: string | undefined,
  { min, max }: { readonly min: number; readonly max: number },
  what: string,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`${name}: got "${text}", allowed: whole ${what} from ${min} to ${max}`);
  }
  return value;
}

function readEvent(file: string | undefined): Json | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new UsageError(`--event: ${file} cannot be read (${code})`, { cause });
  }
  let event: Json;
  try {
    event = JSON.parse(text) as Json;
  } catch (cause) {
    throw new UsageError(`--event: ${file} is not JSON`, { cause });
  }
  if (!isObject(event)) throw new UsageError(`--event: ${file} holds no JSON object, as every event is`);
  const { source, 'detail-type': type } = event;
  if (source !== EVENT_SOURCE || !DETAIL_TYPES.some((known) => known === type)) {
    throw new UsageError(
      `--event: ${file} is none that SpotGuard listens for: got source ${shown(source)} and detail-type ${shown(type)}, allowed source "${EVENT_SOURCE}" and detail-type ${DETAIL_TYPES.map(shown).join(', ')}`,
    );
  }
  return event;
}

/** Of a file that may hold anything: one line, no control characters. */
function shown(value: Json | undefined): string {
  return (JSON.stringify(value) ?? 'none').slice(0, SHOWN_CHARS);
}
