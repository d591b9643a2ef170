// Scenarios of the way to the instance: tags, events, API faults, the agent.
import { EXIT } from '../../contract/instance.ts';
import { PHASES } from '../../contract/log.ts';
import { GUARD_TAG } from '../../contract/tags.ts';
import { check, type Scenario } from '../scenario.ts';
import { isObject } from '../template/template.ts';
import {
  addHooks,
  calls,
  eventInOverflow,
  everyStepSucceeded,
  hooksRan,
  instanceUntouched,
  logged,
  noHookRan,
  nothingLeftRunning,
  overflowEmpty,
  prepareWorkload,
  reportInTime,
  startWorker,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

export const untagged: Scenario = {
  name: 'untagged',
  story: 'the instance does not carry the tag: one API call, one quiet log line, and nothing happens to it',
  expected: 'unguarded',
  tags: { Name: 'somebody-else' },
  prepare: prepareWorkload,
  expectations: [
    instanceUntouched,
    logged(PHASES.unguarded, 'no tag'),
    calls('ec2', 'DescribeInstances', 1),
    calls('ssm', 'SendCommand', 0),
    overflowEmpty,
  ],
};

export const tagOtherValue: Scenario = {
  name: 'tag-other-value',
  story: 'the tag says "Enabled": only the exact value counts, and the near miss is logged as a warning',
  expected: 'unguarded',
  tags: { [GUARD_TAG]: 'Enabled' },
  prepare: prepareWorkload,
  expectations: [
    instanceUntouched,
    logged(PHASES.unguarded, 'other tag value'),
    ({ log }) =>
      check(
        log.some(({ level }) => level === 'WARN'),
        'a warning in the log',
        log,
      ),
    calls('ssm', 'SendCommand', 0),
    overflowEmpty,
  ],
};

export const malformedEvent: Scenario = {
  name: 'malformed-event',
  story: 'the event names no valid instance id: it is logged as ignored, and no API is called',
  expected: 'unprotected',
  tags: WORKER_TAGS,
  alterEvent: (event) => ({
    ...event,
    detail: { ...(isObject(event.detail) ? event.detail : {}), 'instance-id': '$(reboot)' },
  }),
  prepare: prepareWorkload,
  expectations: [
    instanceUntouched,
    logged(PHASES.ignored),
    calls('ec2', 'DescribeInstances', 0),
    calls('ssm', 'SendCommand', 0),
    overflowEmpty,
  ],
};

export const duplicateEvent: Scenario = {
  name: 'duplicate-event',
  story: 'EventBridge delivers the notice twice: two commands arrive, one run happens, both end well',
  expected: 'graceful',
  tags: WORKER_TAGS,
  deliveries: 2,
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    nothingLeftRunning,
    ({ invocations }) => check(invocations.length === 2, 'two commands', `${invocations.length}`),
    ({ journal }) => {
      const started = journal.filter(({ phase }) => phase === 'started');
      return check(started.length === 1, 'one run', started);
    },
    overflowEmpty,
  ],
};

export const staleCommand: Scenario = {
  name: 'stale-command',
  story: 'the agent takes the command only after the deadline: it is refused, and no hook runs',
  expected: 'late',
  tags: WORKER_TAGS,
  agent: { registered: true, pickUpAfterDeadlineSeconds: 0.5 },
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

export const reclaimedEarly: Scenario = {
  name: 'reclaimed-early',
  story: 'EC2 takes the instance long before the deadline that it gave: what had not ended is not claimed',
  expected: 'late',
  tags: WORKER_TAGS,
  reclaimAt: (deadline, windowSeconds) => deadline - windowSeconds * 0.7,
  prepare: (instance) => {
    startWorker(instance, 60);
    addHooks(instance);
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain']),
    ({ verdict }) => check(verdict.report === null && verdict.secondsToSpare === null, 'no claim', verdict),
    ({ invocations }) => check(invocations[0]?.status === 'InProgress', 'a command in progress', invocations),
  ],
};

export const throttledSsm: Scenario = {
  name: 'throttled-ssm',
  story: 'SSM throttles the first three calls: the function tries again while there is time',
  expected: 'graceful',
  tags: WORKER_TAGS,
  faults: [{ service: 'ssm', action: 'SendCommand', kind: 'throttle', first: 3 }],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    calls('ssm', 'SendCommand', 4),
    logged(PHASES.commandSent),
    overflowEmpty,
  ],
};

export const throttledSsmThroughout: Scenario = {
  name: 'throttled-ssm-throughout',
  story: 'SSM throttles every call: the function gives up in time and the event waits in the overflow queue',
  expected: 'unprotected',
  tags: WORKER_TAGS,
  faults: [{ service: 'ssm', action: 'SendCommand', kind: 'throttle' }],
  prepare: prepareWorkload,
  expectations: [instanceUntouched, eventInOverflow, logged(PHASES.notSent, 'ThrottlingException')],
};

export const agentNotRegistered: Scenario = {
  name: 'agent-not-registered',
  story: 'SSM does not know the instance: the command is refused and the event waits in the overflow queue',
  expected: 'unprotected',
  tags: WORKER_TAGS,
  agent: { registered: false },
  prepare: prepareWorkload,
  expectations: [
    instanceUntouched,
    eventInOverflow,
    logged(PHASES.notSent, 'InvalidInstanceId'),
    calls('ssm', 'SendCommand', 1),
  ],
};
