// `npm run interleavings -- --count N [--seed N]`: the watcher and commands bring one notice in random order, and any
// one process is killed at any moment. Each hook must have been started once, or as a take-over says.

import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openMetadata } from '../../rehearsal/machine/metadata.ts';
import { encode, INSTANCE_ID, type JournalLine, Machine } from './machine.ts';

const USAGE =
  'usage: npm run interleavings -- [--count N] [--seed N], both whole numbers from 1 to 2147483647';
const HOOKS = [
  ['drain', '10-a'],
  ['drain', '20-b'],
  ['save', '10-c'],
  ['clean', '10-d'],
] as const;
const AT_ONCE = 5;
const WINDOW_SECONDS = 25;
/** systemd starts the watcher again at once. */
const RESTART_MS = 100;
const PATIENCE_MS = 25_000;
/** 128 and the number of SIGKILL. */
const KILLED = 137;

/** Small, seeded, and good enough to draw cases with (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Ended {
  readonly faults: readonly string[];
  readonly takenOver: boolean;
}

async function interleave(seed: number): Promise<Ended> {
  const roll = dice(seed);
  const between = (least: number, most: number) => least + roll() * (most - least);
  const machine = new Machine();
  const metadata = await openMetadata({
    instanceId: INSTANCE_ID,
    region: 'eu-central-1',
    tags: { 'spot-guard': 'enabled' },
  });
  let over = false;
  try {
    for (const [stage, name] of HOOKS) {
      const work = between(0, 0.4).toFixed(2);
      machine.hook(
        stage,
        name,
        `#!/bin/sh\necho "${name} $SPOT_GUARD_ATTEMPT" >>${machine.root}/started\nexec sleep ${work}\n`,
      );
    }
    const deadline = Math.floor(Date.now() / 1000) + WINDOW_SECONDS;
    const watch = (): ChildProcess => {
      const watcher = machine.guard(['watch'], metadata.url);
      watcher.stdout?.resume();
      watcher.stderr?.resume();
      watcher.once('exit', () => setTimeout(() => over || watch(), RESTART_MS));
      return watcher;
    };
    watch();
    const time = new Date(deadline * 1000).toISOString().replace('.000Z', 'Z');
    const paths = [delay(between(0, 1500)).then(() => metadata.announce('terminate', time))];
    const commands = Math.floor(between(0, 2.99));
    for (let command = 0; command < commands; command += 1) {
      // The two paths differ by up to 30 s; never so much that the plan has no time.
      const own = deadline + Math.round(between(-10, 30));
      const notices = encode({ [INSTANCE_ID]: { deadline: own, action: 'terminate', settings: {} } });
      paths.push(delay(between(0, 1500)).then(async () => void (await machine.run(notices))));
    }
    await delay(between(0, 2500));
    // Many processes live at once: the runner is drawn more often than its share.
    const runners = machine.processes('run\0');
    const alive = roll() < 0.4 && runners.length > 0 ? runners : machine.processes();
    const victim = alive[Math.floor(roll() * alive.length)];
    if (victim !== undefined) kill(victim);
    const until = Date.now() + PATIENCE_MS;
    const ended = () => machine.journal().some(({ phase }) => phase === 'ended');
    while (!ended() && Date.now() < until) await delay(50);
    await Promise.all(paths);
    return judge(machine);
  } finally {
    over = true;
    machine.remove();
    await metadata.close();
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended meanwhile: then nothing was killed in this case
  }
}

function judge(machine: Machine): Ended {
  const journal = machine.journal();
  const takeOvers = journal.filter(({ phase }) => phase === 'takenOver').length;
  const started = machine.exists('/started') ? machine.read('/started').trim().split('\n') : [];
  const twice: string[] = [];
  const faults: string[] = [];
  if (!journal.some(({ phase }) => phase === 'ended')) faults.push('the plan did not end');
  for (const [, name] of HOOKS) {
    const attempts = started
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1))
      .join();
    if (attempts === '1') continue;
    // The hook itself was drawn, and killed before it had a word: the plan counts it as started, and goes on.
    const killed = ({ phase, task, exit }: JournalLine) =>
      phase === 'taskEnded' && task === name && exit === KILLED;
    if (attempts === '' && takeOvers === 0 && journal.some(killed)) continue;
    // Killed before the hook could say that it is there, the runner has counted it all the same.
    if (takeOvers > 0 && (attempts === '1,2' || attempts === '2')) twice.push(name);
    else faults.push(`${name} was started as attempt ${attempts || 'none'}`);
  }
  if (twice.length > takeOvers)
    faults.push(`${twice.join(' and ')} were started again by ${takeOvers} take-overs`);
  return { faults, takenOver: takeOvers > 0 };
}

function readOptions(): { count: number; seed: number } | undefined {
  try {
    const { count = '1000', seed = String(Math.floor(Math.random() * 2 ** 31)) } = parseArgs({
      options: { count: { type: 'string' }, seed: { type: 'string' } },
    }).values;
    const wrong = [count, seed].some((value) => !/^[1-9]\d{0,9}$/.test(value) || Number(value) >= 2 ** 31);
    return wrong ? undefined : { count: Number(count), seed: Number(seed) };
  } catch {
    return undefined; // The usage says all that the fault could.
  }
}

const options = readOptions();
if (options === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}
const waiting = Array.from({ length: options.count }, (_, nth) => options.seed + nth);
let [failed, takenOver] = [0, 0];
const worker = async (): Promise<void> => {
  for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
    const ended = await interleave(seed);
    if (ended.takenOver) takenOver += 1;
    if (ended.faults.length === 0) continue;
    failed += 1;
    process.stdout.write(`seed ${seed}: ${ended.faults.join('; ')}\n`);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
process.stdout.write(`${options.count} interleavings, ${takenOver} of them with a take-over\n`);
process.stdout.write(`${options.count - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
