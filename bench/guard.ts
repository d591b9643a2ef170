// How soon the guard acts on a notice that it sees itself, and what waiting for one costs.
import { GUARD_TAG, GUARD_TAG_VALUE } from '../contract/tags.ts';
import { detectionRounds } from './detection.ts';
import { median, percentile } from './figures.ts';
import { guardStartRound } from './guard-start.ts';
import { findPython, GuardedMachine } from './guarded-machine.ts';
import { MetadataService } from './metadata-service.ts';
import { table } from './table.ts';
import { costOfWatcher, modulesOfWatcher } from './watcher.ts';

const MOST_STARTS = 25;

export interface GuardFigures {
  /** From the moment at which the metadata service shows a notice to the start of the first hook. */
  readonly detectionP50Ms: number;
  readonly detectionP95Ms: number;
  readonly detectionMaxMs: number;
  /** The peak of its resident set, in 1,000,000 bytes. */
  readonly watcherRssMb: number;
  /** Of one processor, over `idleSeconds` without a notice. */
  readonly watcherCpuPercent: number;
  readonly watcherCpuSeconds: number;
  /** How many it imports, polling and acting on a notice. */
  readonly watcherModules: number;
  /** Those of http, ssl, urllib and subprocess that are among them. */
  readonly watcherHeavyModules: readonly string[];
  /** From the start of the runner's process to its first stage: the median. */
  readonly guardStartMs: number;
  readonly notices: number;
  readonly idleSeconds: number;
  readonly python: string;
}

export async function measureGuard(
  notices: number,
  idleSeconds: number,
  progress: (text: string) => void,
): Promise<GuardFigures> {
  const python = await findPython();
  const service = await MetadataService.start({ [GUARD_TAG]: GUARD_TAG_VALUE });
  try {
    // The first reads its files from the disk; the others find them in memory.
    await guardStartRound(python.path);
    const starts: number[] = [];
    while (starts.length < Math.min(notices, MOST_STARTS)) starts.push(await guardStartRound(python.path));
    progress(`${starts.length} starts: ${median(starts)} ms`);
    const modules = await onMachine(python.path, service, (machine) => modulesOfWatcher(machine, service));
    const detected = await detectionRounds(notices, python.path, service, progress);
    progress(`watches the watcher for ${idleSeconds} s`);
    const cost = await onMachine(python.path, service, (machine) =>
      costOfWatcher(machine, service, idleSeconds),
    );
    return {
      detectionP50Ms: percentile(detected, 50),
      detectionP95Ms: percentile(detected, 95),
      detectionMaxMs: Math.max(...detected),
      watcherRssMb: round(cost.rssBytes / 1e6, 1),
      watcherCpuPercent: round((100 * cost.cpuSeconds) / cost.idleSeconds, 3),
      watcherCpuSeconds: round(cost.cpuSeconds, 2),
      watcherModules: modules.count,
      watcherHeavyModules: modules.heavy,
      guardStartMs: Math.round(median(starts)),
      notices,
      idleSeconds: Math.round(cost.idleSeconds),
      python: python.version,
    };
  } finally {
    await service.close();
  }
}

async function onMachine<T>(
  python: string,
  service: MetadataService,
  body: (machine: GuardedMachine) => Promise<T>,
): Promise<T> {
  const machine = await GuardedMachine.set(python, service.url);
  try {
    return await body(machine);
  } finally {
    await machine.remove();
  }
}

export function tableOfGuard(figures: GuardFigures): string {
  return table(`Python ${figures.python}, ${figures.notices} notices, ${figures.idleSeconds} s without one`, [
    ['notice to first hook, median, ms', figures.detectionP50Ms],
    ['notice to first hook, 95th percentile, ms', figures.detectionP95Ms],
    ['notice to first hook, most, ms', figures.detectionMaxMs],
    ['watcher, peak resident set, MB', figures.watcherRssMb],
    ['watcher, percent of a processor', figures.watcherCpuPercent],
    ['watcher, processor time, s', figures.watcherCpuSeconds],
    ['watcher, modules', figures.watcherModules],
    ['http, ssl, urllib, subprocess among them', figures.watcherHeavyModules.join(' ') || 'none'],
    ['runner to first stage, median, ms', figures.guardStartMs],
  ]);
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
