// Two thousand notices at once, as `npm start -- --notices` rehearses them: the whole way, in a process of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { table } from './table.ts';

const START = fileURLToPath(new URL('../rehearsal/start.mjs', import.meta.url));

/** What the rehearsal prints. */
export interface BurstFigures {
  readonly notices: number;
  readonly lost: number;
  readonly ranTwice: number;
  readonly leftBehind: number;
  readonly p50S: number;
  readonly p99S: number;
  readonly lastS: number;
  readonly problems: readonly string[];
}

/** @throws Error where the rehearsal found a problem, or did not come to an end */
export async function measureBurst(notices: number, progress: (text: string) => void): Promise<BurstFigures> {
  progress(`${notices} notices at once`);
  const child = spawn(process.execPath, [START, '--notices', String(notices), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (output === '') throw new Error(`the rehearsal ended with ${code} and no result`);
  const figures = JSON.parse(output) as BurstFigures;
  if (figures.problems.length > 0) throw new Error(figures.problems.join('; '));
  return figures;
}

export function tableOfBurst({ notices, lost, ranTwice, leftBehind, ...seconds }: BurstFigures): string {
  const { p50S, p99S, lastS } = seconds;
  return table('a burst', [
    ['notices', notices],
    ['without a command in time', lost],
    ['plans that ran twice', ranTwice],
    ['processes left behind', leftBehind],
    ['seconds to the command: half', p50S.toFixed(1)],
    ['seconds to the command: 99 %', p99S.toFixed(1)],
    ['seconds to the command: all', lastS.toFixed(1)],
  ]);
}
