// What the watcher costs while there is no notice, from the kernel's accounting; and what it has in memory.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { end, eventually, type GuardedMachine } from './guarded-machine.ts';
import type { MetadataService } from './metadata-service.ts';

/** Each would double its memory; none is needed to poll a socket. */
const HEAVY = ['http', 'ssl', 'urllib', 'subprocess'];
const ACT_SECONDS = 120;

export interface Cost {
  /** The peak of its resident set (VmHWM) until it has acted on a notice, shared pages included. */
  readonly rssBytes: number;
  /** User and system time in the window, of its children too. */
  readonly cpuSeconds: number;
  readonly idleSeconds: number;
}

export async function costOfWatcher(
  machine: GuardedMachine,
  service: MetadataService,
  idleSeconds: number,
): Promise<Cost> {
  const watcher = await machine.startWatcher();
  const pid = watcher.process.pid ?? 0;
  try {
    const before = { at: performance.now(), cpu: await cpuSeconds(pid) };
    await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
    const after = { at: performance.now(), cpu: await cpuSeconds(pid) };
    await act(machine, service);
    const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
    return {
      rssBytes: Number(peak) * 1024,
      cpuSeconds: after.cpu - before.cpu,
      idleSeconds: (after.at - before.at) / 1000,
    };
  } finally {
    await end(watcher.process);
  }
}

/** Of utime, stime, cutime and cstime in proc_pid_stat(5). */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The program's name before may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / ticksPerSecond();
}

const ticksPerSecond = (): number => Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export interface Modules {
  readonly count: number;
  /** Those of them that it should not have. */
  readonly heavy: readonly string[];
}

/** All that a watcher imports that polls and acts on a notice, as Python itself tells it. */
export async function modulesOfWatcher(machine: GuardedMachine, service: MetadataService): Promise<Modules> {
  const watcher = await machine.startWatcher(['-X', 'importtime']);
  try {
    await act(machine, service);
    return modulesOf(watcher.said());
  } finally {
    await end(watcher.process);
  }
}

/** From the lines of `-X importtime`. */
export function modulesOf(said: string): Modules {
  const names = [...said.matchAll(/^import time:\s*\d+ \|\s*\d+ \|\s*(\S+)$/gm)].map(([, name = '']) => name);
  const heavy = HEAVY.filter((one) => names.some((name) => name === one || name.startsWith(`${one}.`)));
  return { count: names.length, heavy };
}

/** Has the watcher see a notice and start its plan. */
async function act(machine: GuardedMachine, service: MetadataService): Promise<void> {
  await service.announce('terminate', Math.floor(Date.now() / 1000) + ACT_SECONDS);
  await eventually('the plan to start', async () =>
    (await machine.journal()).some(({ phase }) => phase === 'stageStarted') ? true : undefined,
  );
  await service.withdraw();
}
