// The command line of the simulation, checked whole before anything starts.
import { parseArgs } from 'node:util';
import { nearest } from '../contract/nearest.ts';
import type { WorldOptions } from './world.ts';

export interface Options {
  readonly world: WorldOptions;
  readonly json: boolean;
  readonly help: boolean;
  readonly quotas: boolean;
  /** A folder for the plots. */
  readonly plots?: string;
}

interface NumberOption {
  readonly otherwise: number;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const whole = (otherwise: number, min: number, max: number): NumberOption => ({
  otherwise,
  min,
  max,
  whole: true,
});
const NUMBERS = {
  notices: whole(1_000, 1, 15_000),
  'send-rate': { otherwise: 5, min: 0.5, max: 100, whole: false },
  taken: whole(50, 0, 90),
  'bad-ids': { otherwise: 0, min: 0, max: 50, whole: false },
  foreign: whole(0, 0, 50_000),
  concurrency: whole(1_000, 1, 10_000),
  spread: { otherwise: 1, min: 0, max: 60, whole: false },
  seed: whole(1, 0, 1_000_000),
} as const satisfies Record<string, NumberOption>;
type NumberName = keyof typeof NUMBERS;
const NAMES = [...Object.keys(NUMBERS), 'json', 'help', 'quotas', 'plots'];

const described = (name: NumberName, what: string): string => {
  const { otherwise, min, max } = NUMBERS[name];
  return `  ${`--${name} N`.padEnd(17)}${what}: ${min} to ${max}; ${otherwise} where absent`;
};

export const USAGE = `usage: npm run simulate -- [options]

${described('notices', 'guarded instances that EC2 takes back')}
${described('spread', 'seconds over which their notices come')}
${described('send-rate', 'SendCommands a second that SSM takes of the account')}
${described('taken', 'percent of each API that others of the account use up')}
${described('bad-ids', 'percent of the instances that SSM does not know')}
${described('foreign', 'notices of instances that are not tagged, beside them')}
${described('concurrency', 'of Lambda, for the account')}
${described('seed', 'of all chance: the same gives the same')}
  --json           one JSON object and nothing else
  --quotas         which rate of SendCommand is needed at which size, in place of one run
  --plots DIR      draws the plots of docs/mass-reclaim.md into the folder, in place of one run
`;

/** A wrong call: its message has a line for each fault. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const faults: string[] = [];
  const number = (name: NumberName): number => {
    const { [name]: text } = values;
    const { otherwise, min, max, whole: isWhole } = NUMBERS[name];
    if (text === undefined) return otherwise;
    const value = Number(text);
    const isNumber = /^\d+(\.\d+)?$/.test(text) && (!isWhole || Number.isInteger(value));
    if (isNumber && value >= min && value <= max) return value;
    faults.push(
      `--${name}: got "${text}", allowed: ${isWhole ? 'whole numbers' : 'numbers'} from ${min} to ${max}`,
    );
    return otherwise;
  };
  const world: WorldOptions = {
    notices: number('notices'),
    sendRate: number('send-rate'),
    taken: number('taken') / 100,
    badIds: number('bad-ids') / 100,
    foreign: number('foreign'),
    concurrency: number('concurrency'),
    spreadMs: number('spread') * 1000,
    seed: number('seed'),
  };
  const { json, help, quotas, plots } = values;
  if (plots !== undefined && (json || quotas)) faults.push('--plots: allowed without --json and --quotas');
  for (const name of ['notices', 'send-rate'] as const) {
    if (quotas && values[name] !== undefined)
      faults.push(`--${name}: allowed without --quotas, that tries many`);
  }
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return { world, json, help, quotas, ...(plots === undefined ? {} : { plots }) };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: {
      notices: text,
      'send-rate': text,
      taken: text,
      'bad-ids': text,
      foreign: text,
      concurrency: text,
      spread: text,
      seed: text,
      plots: text,
      json: flag,
      help: { ...flag, short: 'h' },
      quotas: flag,
    },
  });
  const faults = [
    ...tokens.flatMap((token) =>
      token.kind === 'option' && !NAMES.includes(token.name) ? [unknown(token.rawName, token.name)] : [],
    ),
    ...Object.entries(values).flatMap(([name, value]) =>
      value === true && (name in NUMBERS || name === 'plots')
        ? [`--${name}: got nothing, allowed: a value`]
        : [],
    ),
    // What stands behind an unknown option is no argument of its own.
    ...(tokens.some((token) => token.kind === 'option' && !NAMES.includes(token.name))
      ? []
      : positionals
    ).map((one) => `"${one}": got an argument without a name, allowed: none (--help shows the options)`),
  ];
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return values as { [name in NumberName | 'plots']?: string } & {
    json: boolean;
    help: boolean;
    quotas: boolean;
  };
}

function unknown(raw: string, name: string): string {
  const meant = nearest(name, NAMES);
  return `${raw}: no such option${meant === undefined ? '' : `, did you mean --${meant}?`}`;
}
