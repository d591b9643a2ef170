// Scenarios of the instance that a notice is for: not tagged, gone, or gone too early.
import { PHASES } from '../../contract/log.ts';
import { METRICS } from '../../contract/metrics.ts';
import { GUARD_TAG } from '../../contract/tags.ts';
import { check, type Scenario } from '../scenario.ts';
import {
  addHooks,
  answeredAtOnce,
  calls,
  counted,
  deadLettered,
  hooksRan,
  instanceUntouched,
  logged,
  loggedOften,
  overflowed,
  prepareWorkload,
  startWorker,
  WORKER_TAGS,
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
    answeredAtOnce,
  ],
};

export const tagOtherValue: Scenario = {
  name: 'tag-other-value',
  story: 'the tag says "Enabled": only the exact value counts, and the near miss is logged as a warning',
  expected: 'unguarded',
  onlyInAll: true,
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
    answeredAtOnce,
  ],
};

export const instanceNotFound: Scenario = {
  name: 'instance-not-found',
  story:
    'EC2 knows no such instance: that may change, so it is asked again until the deadline, and then given up',
  expected: 'unprotected',
  onlyInAll: true,
  windowSeconds: 6,
  state: 'unknown',
  expectations: [
    instanceUntouched,
    loggedOften(PHASES.notSent, 'InstanceNotFound'),
    calls('ssm', 'SendCommand', 0),
    overflowed(1),
    deadLettered('InstanceNotFound'),
  ],
};

export const instanceShuttingDown: Scenario = {
  name: 'instance-shutting-down',
  story: 'somebody has terminated the instance before: no command can reach it, and none is sent',
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  state: 'shutting-down',
  expectations: [
    instanceUntouched,
    logged(PHASES.unreachable, 'shutting-down'),
    counted(METRICS.unreachable, 1),
    calls('ssm', 'SendCommand', 0),
    answeredAtOnce,
  ],
};

export const instanceTerminated: Scenario = {
  name: 'instance-terminated',
  story: 'the instance is gone when its notice comes: no command is sent, and nothing waits for it',
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  state: 'terminated',
  expectations: [
    instanceUntouched,
    logged(PHASES.unreachable, 'terminated'),
    calls('ssm', 'SendCommand', 0),
    answeredAtOnce,
  ],
};

export const reclaimedEarly: Scenario = {
  name: 'reclaimed-early',
  story: 'EC2 takes the instance long before the deadline that it gave: what had not ended is not claimed',
  expected: 'late',
  onlyInAll: true,
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
