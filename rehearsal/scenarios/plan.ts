// Scenarios of the plan when all goes well: in full, in less time, for a stop or a hibernation, and with nothing to do.
import { HIBERNATE_SUFFIX } from '../../contract/instance.ts';
import { PHASES } from '../../contract/log.ts';
import { METRIC_SERVICE, METRICS, OUTCOME_METRICS } from '../../contract/metrics.ts';
import { check, journalLine, type Scenario } from '../scenario.ts';
import {
  answeredAtOnce,
  counted,
  everyStepSucceeded,
  hooksRan,
  logged,
  nothingLeftRunning,
  notingHook,
  prepareWorkload,
  reportInTime,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

export const graceful: Scenario = {
  name: 'graceful',
  story:
    'the notice reaches the instance on two paths, work is drained, saved and cleaned up once, and the report is out in time',
  expected: 'graceful',
  installed: true,
  tags: { ...WORKER_TAGS, 'spot-guard:containers': 'cache' },
  prepare: (instance) => {
    prepareWorkload(instance);
    const flushed = instance.at('work/cache');
    const script = `#!/bin/sh\ntrap 'echo flushed >${flushed}; exit 0' TERM\nsleep 60 & wait\n`;
    instance.startContainer('cache', script);
  },
  expectations: [
    workIsSafe,
    ({ instance }) =>
      check(
        instance.read('work/cache') === 'flushed\n',
        'the container to flush',
        instance.read('work/cache'),
      ),
    everyStepSucceeded,
    reportInTime,
    nothingLeftRunning,
    logged(PHASES.commandSent),
    ({ log }) =>
      check(
        log.every(({ service }) => service === METRIC_SERVICE),
        `log lines of the service ${METRIC_SERVICE}`,
        log,
      ),
    counted(METRICS.commandSent, 1),
    counted(OUTCOME_METRICS.graceful, 1),
    counted(METRICS.secondsToSpare, 1),
    logged(PHASES.settled),
    answeredAtOnce,
  ],
};

export const fortySecondsLeft: Scenario = {
  name: 'forty-seconds-left',
  story: 'the notice is 80 s old when it arrives: every stage shrinks in proportion and none is skipped',
  expected: 'graceful',
  onlyInAll: true,
  windowSeconds: 40,
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    reportInTime,
    nothingLeftRunning,
    ({ journal, deadline, windowSeconds }) => {
      const until = journalLine(journal, 'stageStarted', 'drain')?.until ?? 0;
      const left = deadline - until;
      const full = 45;
      const shrunk = (full * windowSeconds) / 120;
      return check(
        Math.abs(left - shrunk) < 2,
        `drain to end about ${shrunk.toFixed(1)} s before the deadline`,
        left,
      );
    },
  ],
};

export const stop: Scenario = {
  name: 'stop',
  story: 'the instance will be stopped, not terminated: the same plan runs, and the hooks are told so',
  expected: 'graceful',
  onlyInAll: true,
  action: 'stop',
  tags: WORKER_TAGS,
  prepare: (instance) => {
    prepareWorkload(instance);
    instance.hook(
      'clean',
      '20-tell-action',
      `#!/bin/sh\necho "$SPOT_GUARD_ACTION" >${instance.at('work/action')}\n`,
    );
  },
  expectations: [
    workIsSafe,
    reportInTime,
    ({ instance }) =>
      check(
        instance.read('work/action') === 'stop\n',
        'SPOT_GUARD_ACTION=stop',
        instance.read('work/action'),
      ),
  ],
};

export const hibernate: Scenario = {
  name: 'hibernate',
  story:
    'the instance will be hibernated, its memory is kept: only hooks that ask for it run, and no unit stops',
  expected: 'graceful',
  onlyInAll: true,
  action: 'hibernate',
  tags: WORKER_TAGS,
  prepare: (instance) => {
    prepareWorkload(instance);
    instance.hook('save', `20-sync${HIBERNATE_SUFFIX}`, notingHook(instance, 'sync'));
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['sync']),
    ({ instance }) =>
      check(instance.read('work/worker') === 'working\n', 'the unit to go on', instance.read('work/worker')),
    everyStepSucceeded,
    reportInTime,
  ],
};

export const longStages: Scenario = {
  name: 'long-stages',
  story: 'each stage needs six of its seconds: it gets them, and the agent waits for each step to the end',
  expected: 'graceful',
  windowSeconds: 34,
  onlyInAll: true,
  prepare: (instance) => {
    for (const stage of ['drain', 'save', 'clean'] as const) {
      instance.hook(stage, '10-long', notingHook(instance, stage, 'sleep 6'));
    }
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain', 'save', 'clean']),
    everyStepSucceeded,
    reportInTime,
    nothingLeftRunning,
  ],
};

export const nothingSetUp: Scenario = {
  name: 'nothing-set-up',
  story: 'the instance is tagged, but there is nothing to stop and no hook: it ran, and saved nothing',
  expected: 'empty',
  onlyInAll: true,
  windowSeconds: 10,
  expectations: [everyStepSucceeded, reportInTime, nothingLeftRunning],
};
