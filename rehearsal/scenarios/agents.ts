// Scenarios of the SSM agent: not there, busy, late, or impatient with a step.
import { EXIT } from '../../contract/instance.ts';
import { PHASES } from '../../contract/log.ts';
import { check, type Expectation, type Scenario } from '../scenario.ts';
import {
  addHooks,
  answeredAtOnce,
  deadLettered,
  everyStepSucceeded,
  instanceUntouched,
  logged,
  loggedOften,
  noHookRan,
  nothingLeftRunning,
  oneRun,
  overflowed,
  prepareWorkload,
  reportInTime,
  startWorker,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

export const agentNotRegistered: Scenario = {
  name: 'agent-not-registered',
  story: 'SSM does not know the instance: the command is refused, again and again until the deadline',
  expected: 'unprotected',
  onlyInAll: true,
  windowSeconds: 8,
  tags: WORKER_TAGS,
  agent: { registersAfter: Number.POSITIVE_INFINITY },
  prepare: prepareWorkload,
  expectations: [
    instanceUntouched,
    overflowed(1),
    deadLettered('InvalidInstanceId'),
    loggedOften(PHASES.notSent, 'InvalidInstanceId'),
  ],
};

export const agentRegistersLate: Scenario = {
  name: 'agent-registers-late',
  story: 'the agent registers four seconds after the notice: the command is tried until then, and arrives',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  agent: { registersAfter: 4 },
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    oneRun,
    overflowed(1),
    loggedOften(PHASES.notSent, 'InvalidInstanceId'),
    logged(PHASES.commandSent),
  ],
};

export const staleCommand: Scenario = {
  name: 'stale-command',
  story: 'the agent takes the command only after the deadline: it is refused, and no hook runs',
  expected: 'late',
  onlyInAll: true,
  windowSeconds: 6,
  tags: WORKER_TAGS,
  agent: { takesCommandsAt: (deadline) => deadline + 0.5 },
  reclaimAt: (deadline) => deadline + 8,
  prepare: prepareWorkload,
  expectations: [
    noHookRan,
    ({ invocations }) => {
      const steps = invocations.flatMap((invocation) => invocation.steps);
      const accept = steps.find(({ name }) => name === 'accept');
      const others = steps.filter(({ name }) => name !== 'accept');
      return [
        ...check(accept?.exit === EXIT.refused, `accept to exit with ${EXIT.refused}`, accept),
        ...check(
          others.every(({ status }) => status === 'Skipped'),
          'every other step to be skipped',
          others,
        ),
      ];
    },
    ({ instance }) =>
      check(instance.read('work/worker') === 'working\n', 'the unit to go on', instance.read('work/worker')),
  ],
};

export const agentOffline: Scenario = {
  name: 'agent-offline',
  story: 'SSM knows the instance, but its agent has gone: the command is sent, and nobody takes it',
  expected: 'unprotected',
  windowSeconds: 6,
  onlyInAll: true,
  tags: WORKER_TAGS,
  agent: { takesCommandsAt: () => Number.POSITIVE_INFINITY },
  prepare: prepareWorkload,
  expectations: [
    noHookRan,
    logged(PHASES.commandSent),
    ({ invocations }) => check(invocations[0]?.status === 'Pending', 'a command that waits', invocations),
    answeredAtOnce,
  ],
};

export const agentBusy: Scenario = {
  name: 'agent-busy',
  story: 'five commands of others take the agent for half of the window: the plan starts late, but in time',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  agent: { busyShare: 0.5 },
  prepare: prepareWorkload,
  expectations: [
    startedAfterShare(0.4),
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    nothingLeftRunning,
    answeredAtOnce,
  ],
};

export const commandDeliveredLate: Scenario = {
  name: 'command-delivered-late',
  story:
    'the command reaches the agent when half of the window is over: every stage shrinks, none is skipped',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  agent: { takesCommandsAt: (deadline, windowSeconds) => deadline - windowSeconds / 2 },
  prepare: prepareWorkload,
  expectations: [startedAfterShare(0.4), workIsSafe, everyStepSucceeded, reportInTime, nothingLeftRunning],
};

export const stepKilled: Scenario = {
  name: 'step-killed',
  story: 'the agent loses patience with drain and kills its step: the plan lives on and ends as it should',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  agent: { killsStep: { step: 'drain', afterSeconds: 1 } },
  prepare: (instance) => {
    startWorker(instance, 3);
    addHooks(instance);
  },
  expectations: [
    ({ invocations }) => {
      const drain = invocations[0]?.steps.find(({ name }) => name === 'drain');
      return check(drain?.status === 'TimedOut' && drain.exit === 137, 'drain to be killed', drain);
    },
    workIsSafe,
    oneRun,
    reportInTime,
    nothingLeftRunning,
  ],
};

/** Of the window, from the command to its first step. */
function startedAfterShare(share: number): Expectation {
  return ({ invocations, windowSeconds }) => {
    const [first] = invocations;
    const seconds = ((first?.steps[0]?.started ?? 0) - (first?.command.receivedMs ?? 0)) / 1000;
    return check(
      seconds >= share * windowSeconds,
      `a start ${share} of the window after the command`,
      seconds,
    );
  };
}
