// The command line of the bench, checked whole before anything starts.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const SUBJECTS = ['respond', 'guard', 'burst'] as const;
export type Subject = (typeof SUBJECTS)[number];

export interface Options {
  readonly json: boolean;
  readonly help: boolean;
  readonly subject: Subject;
  readonly rounds: number;
  /** How long the watcher is watched while there is no notice. */
  readonly idleSeconds: number;
  /** The folder of another bundle of respond, to compare with. */
  readonly against?: string;
}

const MOST_ROUNDS = 5_000;
const USUAL_ROUNDS: Readonly<Record<Subject, number>> = { respond: 25, guard: 200, burst: 2_000 };
/** Five minutes: what happens once a minute is in it. */
const MOST_IDLE_SECONDS = 300;

export const USAGE = `usage: npm run bench -- [--json] [--only SUBJECT] [--rounds N] [--idle SECONDS] [--against DIR]

  --json          one JSON object and nothing else
  --only SUBJECT  what is measured: ${SUBJECTS.join(', ')}; ${SUBJECTS[0]} where absent
  --rounds N      how often, 1 to ${MOST_ROUNDS}; where absent ${USUAL_ROUNDS.respond} for respond, ${USUAL_ROUNDS.guard} notices for guard,
                  ${USUAL_ROUNDS.burst} at once for burst
  --against DIR   respond alone: cold starts of the bundle in DIR between its own, and the ratio
  --idle SECONDS  how long guard's watcher is watched without a notice, 1 to ${MOST_IDLE_SECONDS}; ${MOST_IDLE_SECONDS} where absent
`;

/** A wrong call: its message is one line for the user. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const { json, help, only, rounds, idle, against } = parse(args);
  const subject = only === undefined ? SUBJECTS[0] : SUBJECTS.find((name) => name === only);
  if (subject === undefined) throw new UsageError(`--only: got "${only}", allowed: ${SUBJECTS.join(', ')}`);
  if (idle !== undefined && subject !== 'guard') throw new UsageError('--idle: goes with --only guard alone');
  if (against !== undefined && subject !== 'respond') {
    throw new UsageError('--against: goes with --only respond alone');
  }
  if (against !== undefined && !existsSync(join(against, 'index.mjs'))) {
    throw new UsageError(`--against: got "${against}", allowed: a folder with a bundle, index.mjs in it`);
  }
  return {
    ...(against === undefined ? {} : { against: resolve(against) }),
    json,
    help,
    subject,
    rounds: rounds === undefined ? USUAL_ROUNDS[subject] : readNumber('--rounds', rounds, MOST_ROUNDS),
    idleSeconds: idle === undefined ? MOST_IDLE_SECONDS : readNumber('--idle', idle, MOST_IDLE_SECONDS),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        only: { type: 'string' },
        rounds: { type: 'string' },
        idle: { type: 'string' },
        against: { type: 'string' },
      },
    });
    return values;
  } catch (cause) {
    const words = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new UsageError(`${words} (--help shows the options)`, { cause });
  }
}

function readNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most) {
    throw new UsageError(`${name}: got "${text}", allowed: whole numbers from 1 to ${most}`);
  }
  return number;
}
