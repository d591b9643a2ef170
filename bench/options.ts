// The command line of the bench, checked whole before anything starts.
import { parseArgs } from 'node:util';

export interface Options {
  readonly json: boolean;
  readonly help: boolean;
  readonly rounds: number;
}

const SUBJECTS = ['respond'];
const ROUNDS = { least: 1, most: 1_000, usual: 25 };

export const USAGE = `usage: npm run bench -- [--json] [--only SUBJECT] [--rounds N]

  --json          one JSON object and nothing else
  --only SUBJECT  what is measured; ${SUBJECTS.join(', ')} is all there is
  --rounds N      how often, ${ROUNDS.least} to ${ROUNDS.most}; ${ROUNDS.usual} where absent
`;

/** A wrong call: its message is one line for the user. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const { json, help, only, rounds } = parse(args);
  if (only !== undefined && !SUBJECTS.includes(only)) {
    throw new UsageError(`--only: got "${only}", allowed: ${SUBJECTS.join(', ')}`);
  }
  return { json, help, rounds: rounds === undefined ? ROUNDS.usual : readRounds(rounds) };
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
      },
    });
    return values;
  } catch (cause) {
    const words = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new UsageError(`${words} (--help shows the options)`, { cause });
  }
}

function readRounds(text: string): number {
  const rounds = Number(text);
  if (!/^\d+$/.test(text) || rounds < ROUNDS.least || rounds > ROUNDS.most) {
    throw new UsageError(
      `--rounds: got "${text}", allowed: whole numbers from ${ROUNDS.least} to ${ROUNDS.most}`,
    );
  }
  return rounds;
}
