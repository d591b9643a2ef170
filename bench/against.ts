// The bundle of `respond` beside another one of it, such as that of an older commit: pair by pair, in one run.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startEndpoint } from './endpoint.ts';
import { hundredths, median, tenths } from './figures.ts';
import { INSTANCE_ID } from './notice.ts';
import { CODE, functionRound } from './rounds.ts';
import { table } from './table.ts';

export interface AgainstFigures {
  /** Medians. */
  readonly coldMs: number;
  readonly againstMs: number;
  /** The median of the ratios of each pair. */
  readonly coldToAgainstRatio: number;
  /** What Node reads before the command leaves: the entry, and what it imports at once. */
  readonly firstBytes: number;
  readonly againstFirstBytes: number;
  readonly firstBytesRatio: number;
  readonly node: string;
  readonly rounds: number;
}

/** `folder`: the other bundle, with an index.mjs. */
export async function measureAgainst(
  folder: string,
  count: number,
  progress: (text: string) => void,
): Promise<AgainstFigures> {
  const endpoint = await startEndpoint(INSTANCE_ID);
  const [cold, against]: [number[], number[]] = [[], []];
  try {
    // The first of each reads its files from the disk; the others find them in memory.
    await functionRound(endpoint);
    await functionRound(endpoint, folder);
    for (let round = 1; round <= count; round += 1) {
      const { coldMs } = await functionRound(endpoint);
      const { coldMs: againstMs } = await functionRound(endpoint, folder);
      cold.push(coldMs);
      against.push(againstMs);
      progress(`pair ${round} of ${count}: ${coldMs.toFixed(1)} ms against ${againstMs.toFixed(1)} ms`);
    }
  } finally {
    await endpoint.close();
  }
  const [firstBytes, againstFirstBytes] = [await bytesRead(CODE), await bytesRead(folder)];
  return {
    coldMs: tenths(median(cold)),
    againstMs: tenths(median(against)),
    coldToAgainstRatio: hundredths(median(cold.map((ms, pair) => ms / (against[pair] ?? Number.NaN)))),
    firstBytes,
    againstFirstBytes,
    firstBytesRatio: Math.round((firstBytes / againstFirstBytes) * 10_000) / 10_000,
    node: process.version,
    rounds: count,
  };
}

async function bytesRead(folder: string, name = 'index.mjs', seen = new Set<string>()): Promise<number> {
  if (seen.has(name)) return 0;
  seen.add(name);
  const file = join(folder, name);
  let bytes = (await stat(file)).size;
  const code = await readFile(file, 'utf8');
  for (const [, imported = ''] of code.matchAll(/\b(?:from|import)\s*"\.\/([^"]+)"/g)) {
    bytes += await bytesRead(folder, imported, seen);
  }
  return bytes;
}

export function tableOfAgainst(figures: AgainstFigures): string {
  return table(`Node ${figures.node}, ${figures.rounds} pairs`, [
    ['', 'this', 'the other', 'ratio'],
    ['cold start to SendCommand, ms', figures.coldMs, figures.againstMs, figures.coldToAgainstRatio],
    ['read before it, bytes', figures.firstBytes, figures.againstFirstBytes, figures.firstBytesRatio],
  ]);
}
