// A scenario of many races: the watcher and the command's step start side by side, 200 times, each time on a machine
// of its own that has nothing but a root folder.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { METADATA_VARIABLE, PATHS, ROOT_VARIABLE, WATCH_UNIT } from '../../contract/instance.ts';
import { killAll } from '../machine/processes.ts';
import type { Scenario, World } from '../scenario.ts';
import { watcherSaid } from './watcher.ts';
import { everyStepSucceeded, oneRun, prepareWorkload, WORKER_TAGS, workIsSafe } from './workload.ts';

const ROUNDS = 200;
const AT_ONCE = 3;
/** Milliseconds by which one path is ahead of the other, at most, in each direction. */
const SPREAD_MS = 200;
const SECONDS = 60;
const STAGES = ['drain', 'save', 'clean'];

/** Of the races, how many each path must have won at least: else there was no race. */
const LEAST_WON = 10;

/** Whether the watcher was first. Throws where a hook did not run, or ran twice. */
async function race(world: World, nth: number): Promise<boolean> {
  const { instance, metadata, until } = world;
  const root = join(instance.root, 'races', String(nth));
  const told = join(root, 'told');
  for (const stage of STAGES) {
    const hook = join(root, PATHS.hooks, stage, 'tell');
    mkdirSync(join(root, PATHS.hooks, stage), { recursive: true });
    writeFileSync(hook, `#!/bin/sh\necho ${stage} >>${told}\n`);
    chmodSync(hook, 0o755);
  }
  const deadline = Math.ceil(Date.now() / 1000) + SECONDS;
  // From 30 s before the event's to 30 s after it.
  const time = new Date((deadline + ((nth * 7) % 61) - 30) * 1000);
  metadata.announce('terminate', time.toISOString().replace('.000Z', 'Z'));
  const entry = { [instance.id]: { deadline, action: 'terminate', settings: {} } };
  const notices = Buffer.from(JSON.stringify(entry)).toString('base64url');
  const ahead = ((nth * 37) % (2 * SPREAD_MS + 1)) - SPREAD_MS;
  const start = async (waitMs: number, ...args: string[]): Promise<void> => {
    await delay(Math.max(0, waitMs));
    spawn(join(instance.root, 'bin/python3'), ['-I', '-S', instance.at(PATHS.command), ...args], {
      stdio: 'ignore',
      detached: true,
      env: {
        PATH: instance.path,
        [ROOT_VARIABLE]: root,
        [METADATA_VARIABLE]: metadata.url,
        AWS_SSM_INSTANCE_ID: instance.id,
      },
    });
  };
  await Promise.all([start(ahead, 'watch'), start(-ahead, 'step', 'drain', notices)]);
  const runs = join(root, PATHS.runs);
  const journals = (): string[] =>
    (existsSync(runs) ? readdirSync(runs) : []).filter((run) => /^\d+$/.test(run));
  await until(
    () => journals().some((run) => !existsSync(join(runs, run, 'unfinished'))) && dealtWith(root) !== '',
    `the run of race ${nth} to end`,
    30,
  );
  await killAll(root);
  const watcherFirst = dealtWith(root) === 'starts';
  const ran = readFileSync(told, 'utf8').trim().split('\n').join();
  if (ran !== STAGES.join() || journals().length !== 1) {
    throw new Error(`race ${nth}: expected one run of each hook, got ${ran} in ${journals().length} runs`);
  }
  rmSync(root, { recursive: true });
  return watcherFirst;
}

/** What the watcher says that it did, `starts` or `joins`; empty where it has not yet seen the notice. */
function dealtWith(root: string): string {
  const file = join(root, PATHS.watch);
  const said = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /interruption: (starts|joins) the run/.exec(said)?.[1] ?? '';
}

export const bothPathsTwoHundredTimes: Scenario = {
  name: 'both-paths-200-times',
  story:
    'watcher and command race 200 times, up to 0.2 s and 30 s of notice time apart: each hook runs once each time',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  metadata: { tags: true },
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  before: async (world) => {
    world.instance.systemctl('stop', '--', WATCH_UNIT);
    // Its unit is not there to be stopped: a race is about hooks.
    world.setTags({ 'spot-guard': 'enabled' });
    const waiting = Array.from({ length: ROUNDS }, (_, nth) => nth);
    let won = 0;
    const racer = async (): Promise<void> => {
      for (let nth = waiting.shift(); nth !== undefined; nth = waiting.shift())
        if (await race(world, nth)) won += 1;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, racer));
    if (won < LEAST_WON || won > ROUNDS - LEAST_WON) {
      throw new Error(`expected both paths to win races, got ${won} of ${ROUNDS} for the watcher`);
    }
    world.metadata.withdraw();
    world.setTags(WORKER_TAGS);
    world.instance.systemctl('start', '--', WATCH_UNIT);
  },
  expectations: [workIsSafe, oneRun, everyStepSucceeded, watcherSaid(/^interruption: /)],
};
