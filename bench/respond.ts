// How fast `respond` sends a command, beside a process that does the least that is needed for it.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startEndpoint } from './endpoint.ts';
import { type Figures, figuresOf } from './figures.ts';
import { INSTANCE_ID } from './notice.ts';
import { CODE, floorRound, functionRound } from './rounds.ts';
import { synthesisRound } from './synthesis.ts';
import { table } from './table.ts';

/** One takes seconds, and varies less than a cold start. */
const MOST_SYNTHESES = 5;

/** The floor is measured between the cold starts: what slows the machine down slows both. */
export async function measureRespond(count: number, progress: (text: string) => void): Promise<Figures> {
  const rounds = {
    coldMs: [] as number[],
    coldCpuMs: [] as number[],
    warmMs: [] as number[],
    floorMs: [] as number[],
    synthMs: [] as number[],
  };
  const endpoint = await startEndpoint(INSTANCE_ID);
  try {
    // The first of each reads its files from the disk; the others find them in memory.
    await functionRound(endpoint);
    await floorRound(endpoint);
    for (let round = 1; round <= count; round += 1) {
      const { coldMs, coldCpuMs, warmMs } = await functionRound(endpoint);
      const floorMs = await floorRound(endpoint);
      rounds.coldMs.push(coldMs);
      rounds.coldCpuMs.push(coldCpuMs);
      rounds.warmMs.push(warmMs);
      rounds.floorMs.push(floorMs);
      progress(
        `round ${round} of ${count}: cold ${coldMs.toFixed(1)} ms, warm ${warmMs.toFixed(1)} ms, floor ${floorMs.toFixed(1)} ms`,
      );
    }
  } finally {
    await endpoint.close();
  }
  const syntheses = Math.min(count, MOST_SYNTHESES);
  for (let round = 1; round <= syntheses; round += 1) {
    const synthMs = await synthesisRound();
    rounds.synthMs.push(synthMs);
    progress(`synthesis ${round} of ${syntheses}: ${(synthMs / 1000).toFixed(1)} s`);
  }
  return figuresOf(rounds, await bundleBytes(), process.version);
}

/** All that Lambda loads, at once or later. The maps beside it are not read. */
async function bundleBytes(): Promise<number> {
  const files = (await readdir(CODE)).filter((name) => name.endsWith('.mjs'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(CODE, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

export function tableOfRespond(figures: Figures): string {
  const { coldMs, coldCpuMs, warmMs, floorMs, synthMs } = figures.ranges;
  return table(`Node ${figures.node}, ${figures.rounds} rounds`, [
    ['', 'median', 'least', 'most'],
    ['cold start to SendCommand, ms', figures.coldMs, ...coldMs],
    ['of it on a processor, ms', figures.coldCpuMs, ...coldCpuMs],
    ['warm event to SendCommand, ms', figures.warmMs, ...warmMs],
    ['floor: two signed requests, no SDK, ms', figures.floorMs, ...floorMs],
    ['cold to floor, ratio of medians', figures.coldToFloorRatio],
    ['cold to floor, median of the rounds', figures.coldToFloorRatioOfRounds],
    ['bundle, bytes', figures.bundleBytes],
    ['npx cdk synth, ms', figures.synthMs, ...synthMs],
  ]);
}
