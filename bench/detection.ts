// From the moment at which the metadata service shows a notice to the start of the first hook.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { end, eventually, GuardedMachine } from './guarded-machine.ts';
import type { MetadataService } from './metadata-service.ts';

/** Two deadlines that lie nearer than this are one notice; one that lies further ahead than ten minutes is none. */
const APART_SECONDS = 181;
const FIRST_SECONDS = 120;
/** Of one watcher: 120, 301 and 482 seconds ahead. */
const NOTICES = 3;
const TICK_MS = 1_000;

/** Milliseconds for each of `count` notices, each at a random phase of the watcher's tick. */
export async function detectionRounds(
  count: number,
  python: string,
  service: MetadataService,
  progress: (text: string) => void,
): Promise<number[]> {
  const all: number[] = [];
  while (all.length < count) {
    const machine = await GuardedMachine.set(python, service.url);
    try {
      all.push(...(await ofOneWatcher(machine, service, Math.min(NOTICES, count - all.length))));
    } finally {
      await machine.remove();
    }
    progress(`notice ${all.length} of ${count}: ${all.at(-1)} ms`);
  }
  return all;
}

async function ofOneWatcher(
  machine: GuardedMachine,
  service: MetadataService,
  count: number,
): Promise<number[]> {
  const told = join(machine.root, 'told');
  await machine.hook('drain', 'first', `#!/bin/sh\nexec date +%s%N >> ${told}\n`);
  const watcher = await machine.startWatcher();
  const took: number[] = [];
  try {
    while (took.length < count) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * TICK_MS));
      const ahead = FIRST_SECONDS + took.length * APART_SECONDS;
      const shown = await service.announce('terminate', Math.floor(Date.now() / 1000) + ahead);
      const started = await eventually('the hook to start', async () => {
        const lines = (await readFile(told, 'utf8').catch(() => '')).split('\n');
        return lines.length > took.length + 1 ? Number(lines[took.length]) / 1e6 : undefined;
      });
      took.push(Math.round(started - shown));
      await eventually('the plan to end', async () =>
        (await machine.journal()).filter(({ phase }) => phase === 'ended').length === took.length
          ? true
          : undefined,
      );
    }
    return took;
  } finally {
    await end(watcher.process);
    await service.withdraw();
  }
}
