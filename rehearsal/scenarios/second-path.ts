// Scenarios of the second path: the watcher sees the notice in the instance metadata, before the command, after it,
// or with nobody else. Each hook runs once, whoever comes first.
import { WATCH_UNIT } from '../../contract/instance.ts';
import { PHASES } from '../../contract/log.ts';
import { METRIC_SERVICE, METRICS } from '../../contract/metrics.ts';
import { DEFAULT_SECONDS, type Setting } from '../../contract/tags.ts';
import { watcherOf } from '../machine/services.ts';
import { check, type Expectation, journalLine, type Scenario } from '../scenario.ts';
import {
  commandJoined,
  planEndedInTime,
  planStartedBetween,
  runnerIsUnit,
  watcherDidNotSay,
  watcherJoined,
  watcherSaid,
  watcherStarted,
} from './watcher.ts';
import {
  addHooks,
  answeredAtOnce,
  counted,
  everyStepSucceeded,
  logged,
  nothingLeftRunning,
  oneRun,
  prepareWorkload,
  reportInTime,
  startWorker,
  WORKER,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

const onBothPaths: readonly Expectation[] = [
  workIsSafe,
  oneRun,
  everyStepSucceeded,
  reportInTime,
  nothingLeftRunning,
  answeredAtOnce,
];

export const watcherFirst: Scenario = {
  name: 'watcher-first',
  story:
    'the metadata tells of the notice 3 s before its event comes: the watcher acts, and the command joins',
  expected: 'graceful',
  installed: true,
  metadata: { shift: -4 },
  eventAfter: 3,
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [...onBothPaths, watcherStarted, commandJoined, planStartedBetween(0, 2)],
};

export const commandFirst: Scenario = {
  name: 'command-first',
  story: 'the metadata is 3 s behind, its time 30 s later: the watcher joins, and the earlier deadline holds',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  metadata: { announcesAfter: 3, shift: 30 },
  tags: WORKER_TAGS,
  prepare: (instance) => {
    startWorker(instance, 5);
    addHooks(instance);
  },
  expectations: [
    ...onBothPaths,
    watcherJoined,
    ({ journal, deadline }) => {
      const until = journalLine(journal, 'stageStarted', 'report')?.until ?? Number.POSITIVE_INFINITY;
      return check(until <= deadline, 'the earlier deadline to hold', until - deadline);
    },
  ],
};

export const bothAtOnce: Scenario = {
  name: 'both-at-once',
  story: 'event and metadata tell of the notice at the same moment, 30 s apart in its time: there is one run',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  metadata: { shift: 30, tags: true },
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [...onBothPaths, watcherSaid(/^interruption: (starts|joins) the run /)],
};

export const threeTimesOnBothPaths: Scenario = {
  name: 'three-times-on-both-paths',
  story: 'three events, and the metadata changes its time twice: three commands report the one run',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  tags: WORKER_TAGS,
  deliver: (event) => [event, event, event],
  secondsBetween: 1,
  prepare: (instance) => {
    startWorker(instance, 5);
    addHooks(instance);
  },
  meanwhile: async ({ announce, watcher, until }) => {
    for (const shift of [3, 6]) {
      const seen = watcher.length;
      await until(() => watcher.slice(seen).some((line) => line.startsWith('notice: ')), 'a poll');
      announce(shift);
    }
    const seen = watcher.length;
    await until(() => watcher.slice(seen).some((line) => line.startsWith('notice: ')), 'a last poll');
  },
  expectations: [
    ...onBothPaths,
    ({ invocations }) => {
      const reports = invocations.map(({ steps }) => steps.find(({ name }) => name === 'report')?.stdout);
      return check(
        reports.length === 3 && new Set(reports).size === 1,
        'three commands with one report',
        reports,
      );
    },
  ],
};

export const eventLost: Scenario = {
  name: 'event-lost',
  story:
    'EventBridge loses the event: the watcher alone brings the work to safety, and the look at ended Spot requests finds its report',
  expected: 'graceful',
  // `npm test` runs it by the command line, to see what it prints.
  onlyInAll: true,
  installed: true,
  tags: WORKER_TAGS,
  deliver: () => [],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    oneRun,
    watcherStarted,
    planStartedBetween(0, 2),
    runnerIsUnit,
    planEndedInTime,
    ({ verdict: { record }, invocations }) =>
      check(
        record?.provenBy === 'guard' && record.left === 'lost' && invocations.length === 0,
        'an outcome of a lost notice, proven by the guard alone',
        record,
      ),
    ({ verdict: { record } }) => {
      const stack = Object.entries(DEFAULT_SECONDS).map(([name, seconds]) => [name, String(seconds)]);
      const wanted = { units: WORKER, ...Object.fromEntries(stack) };
      const same = Object.entries(wanted).every(
        ([name, value]) => record?.settings?.[name as Setting] === value,
      );
      return check(same, `the settings ${JSON.stringify(wanted)}`, record?.settings);
    },
    counted(METRICS.lost, 1),
    logged(PHASES.uncovered),
    ({ log }) =>
      check(
        log.every(({ service }) => service === METRIC_SERVICE),
        `log lines of the service ${METRIC_SERVICE}`,
        log,
      ),
  ],
};

export const noProof: Scenario = {
  name: 'no-proof',
  story:
    'the event is lost, and the instance has no role: the watcher brings the work to safety, but no proof of it reaches AWS, and none is claimed',
  expected: 'unprotected',
  windowSeconds: 10,
  onlyInAll: true,
  installed: true,
  metadata: { tags: true, noRole: true },
  tags: WORKER_TAGS,
  deliver: () => [],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    oneRun,
    watcherStarted,
    planEndedInTime,
    ({ verdict }) => check(verdict.report === null, 'no claim', verdict),
  ],
};

export const noSsm: Scenario = {
  name: 'no-ssm',
  story:
    'the SSM agent is gone, so the command stays where it is: the watcher brings the work to safety, and its report says so',
  expected: 'graceful',
  windowSeconds: 10,
  onlyInAll: true,
  installed: true,
  agent: { takesCommandsAt: () => Number.POSITIVE_INFINITY },
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    oneRun,
    watcherStarted,
    planEndedInTime,
    ({ invocations }) => check(invocations[0]?.status === 'Pending', 'a command that waits', invocations),
  ],
};

export const noWatcher: Scenario = {
  name: 'no-watcher',
  story: 'somebody has stopped the watcher: the command does all of it alone',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  tags: WORKER_TAGS,
  before: async ({ instance, until }) => {
    instance.systemctl('stop', '--', WATCH_UNIT);
    await until(() => watcherOf(instance) === undefined, 'the watcher to stop');
  },
  prepare: prepareWorkload,
  expectations: [...onBothPaths, watcherDidNotSay(/^interruption: /)],
};

export const settingsComeLate: Scenario = {
  name: 'settings-come-late',
  story:
    'the instance can read no tag, the command is 4 s behind: drain waits for it, and the units that it names are stopped',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  metadata: { noRole: true },
  eventAfter: 4,
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [
    ...onBothPaths,
    watcherStarted,
    commandJoined,
    planStartedBetween(0, 2),
    ({ journal }) =>
      check(
        journal.some(({ phase }) => phase === 'joined'),
        'settings to join the run',
        journal,
      ),
  ],
};

export const watcherRestarts: Scenario = {
  name: 'watcher-restarts',
  story:
    'the watcher is killed as the notice comes, and the command is 5 s late: its unit has it back in time',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  agent: { takesCommandsAt: (deadline, windowSeconds) => deadline - windowSeconds + 5 },
  tags: WORKER_TAGS,
  before: async ({ instance }) => {
    const watcher = watcherOf(instance);
    if (watcher === undefined) throw new Error('expected a watcher, got none');
    process.kill(watcher, 'SIGKILL');
  },
  prepare: prepareWorkload,
  expectations: [...onBothPaths, watcherStarted, commandJoined, planStartedBetween(0, 3)],
};

export const agentBusyWatcherActs: Scenario = {
  name: 'agent-busy-watcher-acts',
  story:
    'five commands of others take the agent for half of the window: the watcher does not wait for it, the command only reports',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  agent: { busyShare: 0.5 },
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [...onBothPaths, watcherStarted, commandJoined, planStartedBetween(0, 2)],
};
