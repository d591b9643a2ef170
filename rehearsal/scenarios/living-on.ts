// Scenarios of the machine that lives on: spared, thawed, stopped and started again. What was stopped runs again.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { PATHS } from '../../contract/instance.ts';
import { commandLine, processesOf } from '../machine/processes.ts';
import { check, type Expectation, type Scenario, type World } from '../scenario.ts';
import {
  addHooks,
  everyStepSucceeded,
  hooksRan,
  notingHook,
  oneRun,
  prepareWorkload,
  reportInTime,
  startWorker,
  WORKER,
  WORKER_TAGS,
} from './workload.ts';

const startedAgain = ({ journal }: Pick<World, 'journal'>): boolean =>
  journal.some(
    ({ phase, note }) => phase === 'startedAgain' && note === `${WORKER}.service is started again`,
  );
/** It notes its start anew, over what it noted before. */
const workGoesOn: Expectation = ({ instance }) =>
  check(instance.read('work/worker') === 'working\n', 'the unit to run again', instance.read('work/worker'));
const noticeIsGone: Expectation = ({ instance }) =>
  check(instance.read(PATHS.notice) === '', 'no notice file', instance.read(PATHS.notice));

export const noticeWithdrawn: Scenario = {
  name: 'notice-withdrawn',
  story:
    'EC2 takes the notice back while work is drained: nothing is saved or cleaned, and the unit runs again',
  expected: 'spared',
  livesOn: true,
  windowSeconds: 50,
  onlyInAll: true,
  installed: true,
  tags: WORKER_TAGS,
  prepare: (instance) => {
    startWorker(instance);
    addHooks(instance);
    instance.hook('drain', '20-finish', notingHook(instance, 'finish', 'sleep 13'));
  },
  meanwhile: async (world) => {
    const { until, journal, watcher, withdraw } = world;
    await until(() => watcher.some((line) => line.startsWith('interruption: ')), 'the watcher to see it');
    await until(() => journal.some(({ task }) => task === '20-finish'), 'the long hook to start');
    withdraw();
    await until(() => startedAgain(world), 'the unit to be started again', 30);
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain', 'finish']),
    workGoesOn,
    noticeIsGone,
    oneRun,
    reportInTime,
    ({ invocations }) =>
      check(invocations[0]?.status === 'Success', 'the command to end as Success', invocations[0]),
    ({ verdict }) => check(verdict.report?.result === 'spared', 'a report that says spared', verdict),
  ],
};

export const thawed: Scenario = {
  name: 'thawed',
  story:
    'the machine is frozen in the middle of drain, beyond its deadline: thawed, it ends nothing, and work goes on',
  expected: 'late',
  windowSeconds: 8,
  onlyInAll: true,
  installed: true,
  tags: WORKER_TAGS,
  reclaimAt: (deadline) => deadline + 18,
  prepare: (instance) => {
    startWorker(instance);
    const told = instance.at('work/told');
    const script = `trap 'echo told >${told}' TERM\nsleep 16; echo finished >${instance.at('work/finished')}`;
    instance.hook('drain', '10-long', notingHook(instance, 'long', script));
    instance.hook('save', '10-checkpoint', notingHook(instance, 'save'));
  },
  meanwhile: async ({ instance, journal, until, deadline }) => {
    await until(() => journal.some(({ phase }) => phase === 'taskRuns'), 'the hook to run');
    const runner = processesOf(instance.root).find((pid) => / run \S+\/runs\//.test(commandLine(pid)));
    if (runner === undefined) throw new Error('expected a runner, got none');
    process.kill(runner, 'SIGSTOP');
    // Longer than any load explains.
    await until(() => Date.now() / 1000 > deadline() + 6, 'the deadline to have passed', 20);
    process.kill(runner, 'SIGCONT');
    await until(() => instance.read('work/finished') !== '', 'the hook to finish', 15);
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['long']),
    ({ instance }) => check(instance.read('work/told') === '', 'the hook not to be ended', 'SIGTERM'),
    ({ journal }) =>
      check(
        journal.some(({ phase }) => phase === 'thawed'),
        'the run to be told thawed',
        journal.at(-1),
      ),
    ({ journal }) =>
      check(
        journal.some(({ phase }) => phase === 'ended'),
        'a report of what was done',
        journal.at(-1),
      ),
    workGoesOn,
    noticeIsGone,
    oneRun,
  ],
};

export const stoppedThenBooted: Scenario = {
  name: 'stopped-then-booted',
  story: 'the instance is stopped and later boots again: the guard starts the unit that its plan had stopped',
  expected: 'graceful',
  action: 'stop',
  onlyInAll: true,
  installed: true,
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  afterwards: async ({ instance, until, metadata }) => {
    const worked = instance.read('work/worker');
    if (!worked.endsWith('finished\n')) throw new Error(`expected a unit that finished, got ${worked}`);
    metadata.withdraw();
    boot(instance);
    await until(() => instance.read('work/worker') === 'working\n', 'the unit to run again');
    await until(() => instance.read(PATHS.stopped) === '', 'what was stopped to be forgotten');
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain', 'save', 'clean']),
    everyStepSucceeded,
    reportInTime,
    workGoesOn,
    oneRun,
  ],
};

/** /run is empty, the kernel has another boot id, and systemd starts what is enabled. */
function boot(instance: World['instance']): void {
  rmSync(instance.at(PATHS.run), { recursive: true });
  const file = instance.at(PATHS.stopped);
  const stopped = JSON.parse(readFileSync(file, 'utf8')) as object;
  // The guard asks the kernel of this machine, which has not booted: the boot before is another instead.
  writeFileSync(file, JSON.stringify({ ...stopped, boot: crypto.randomUUID() }));
  instance.startEnabled();
}
