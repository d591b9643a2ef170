// Scenarios of what EC2 and SSM answer: throttled, broken, lost after the request was taken, or not whole.
import { PHASES } from '../../contract/log.ts';
import { METRICS } from '../../contract/metrics.ts';
import { INSTANCE_ID } from '../event.ts';
import { check, type Scenario } from '../scenario.ts';
import {
  answeredAtOnce,
  calls,
  counted,
  deadLettered,
  everyStepSucceeded,
  instanceUntouched,
  logged,
  loggedOften,
  nothingLeftRunning,
  oneRun,
  overflowed,
  prepareWorkload,
  reportInTime,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

const EC2 = { service: 'ec2', action: 'DescribeInstances' } as const;
const SSM = { service: 'ssm', action: 'SendCommand' } as const;

export const throttledSsm: Scenario = {
  name: 'throttled-ssm',
  story:
    'SSM throttles the first three calls: the notice waits in the overflow queue, and its command leaves from there',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  faults: [{ service: 'ssm', action: 'SendCommand', kind: 'throttle', first: 3 }],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    calls('ssm', 'SendCommand', 4),
    logged(PHASES.commandSent),
    overflowed(1),
  ],
};

export const throttledSsmThroughout: Scenario = {
  name: 'throttled-ssm-throughout',
  story: 'SSM throttles every call: it is tried from the overflow queue until the deadline, and given up',
  expected: 'unprotected',
  onlyInAll: true,
  windowSeconds: 8,
  tags: WORKER_TAGS,
  faults: [{ service: 'ssm', action: 'SendCommand', kind: 'throttle' }],
  prepare: prepareWorkload,
  expectations: [
    instanceUntouched,
    loggedOften(PHASES.notSent, 'ThrottlingException'),
    deadLettered('ThrottlingException'),
  ],
};

export const throttledEc2: Scenario = {
  name: 'throttled-ec2',
  story:
    'EC2 throttles the first three calls: the notice waits in the overflow queue, and its command leaves from there',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  faults: [{ ...EC2, kind: 'throttle', first: 3 }],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    calls('ec2', 'DescribeInstances', 4),
    calls('ssm', 'SendCommand', 1),
    overflowed(1),
  ],
};

export const throttledEc2Throughout: Scenario = {
  name: 'throttled-ec2-throughout',
  story:
    'EC2 throttles every call: it is asked from the overflow queue until the deadline, and the notice given up',
  expected: 'unprotected',
  onlyInAll: true,
  windowSeconds: 8,
  tags: WORKER_TAGS,
  faults: [{ ...EC2, kind: 'throttle' }],
  expectations: [
    instanceUntouched,
    loggedOften(PHASES.notSent, 'RequestLimitExceeded'),
    deadLettered('RequestLimitExceeded'),
  ],
};

export const serverErrors: Scenario = {
  name: 'server-errors',
  story: 'EC2 and SSM each answer twice with HTTP 500 before they work: the function tries again',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  faults: [
    { ...EC2, kind: 'error', first: 2 },
    { ...SSM, kind: 'error', first: 2 },
  ],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    reportInTime,
    calls('ec2', 'DescribeInstances', 3),
    calls('ssm', 'SendCommand', 3),
    oneRun,
    answeredAtOnce,
  ],
};

export const connectionResets: Scenario = {
  name: 'connection-resets',
  story: 'EC2 and SSM each break two connections: the function tries again, and one command arrives',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  faults: [
    { ...EC2, kind: 'reset', first: 2 },
    { ...SSM, kind: 'reset', first: 2 },
  ],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    reportInTime,
    ({ invocations }) => check(invocations.length === 1, 'one command', `${invocations.length}`),
    answeredAtOnce,
  ],
};

export const answerLost: Scenario = {
  name: 'answer-lost',
  story:
    'SSM takes the command twice, but its answers are lost: three commands arrive, and the plan runs once',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  faults: [
    { ...SSM, kind: 'reset', first: 1, taken: true },
    { ...SSM, kind: 'error', first: 1, taken: true },
  ],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    ({ invocations }) => check(invocations.length === 3, 'three commands', `${invocations.length}`),
    oneRun,
    logged(PHASES.commandSent),
    counted(METRICS.commandSent, 1),
    nothingLeftRunning,
    answeredAtOnce,
  ],
};

export const noAnswer: Scenario = {
  name: 'no-answer',
  story: 'EC2 and SSM each leave one call without an answer: the function does not wait for it to the end',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  faults: [
    { ...EC2, kind: 'hang', first: 1 },
    { ...SSM, kind: 'hang', first: 1 },
  ],
  prepare: prepareWorkload,
  expectations: [workIsSafe, reportInTime, logged(PHASES.commandSent), answeredAtOnce],
};

const described = (inner: string): string =>
  `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>${inner}</DescribeInstancesResponse>`;
const instanceXml = (inner: string): string =>
  described(
    `<reservationSet><item><instancesSet><item><instanceId>${INSTANCE_ID}</instanceId>${inner}</item></instancesSet></item></reservationSet>`,
  );

export const answerWithoutReservations: Scenario = {
  name: 'answer-without-reservations',
  story:
    'EC2 answers without a list of reservations: that is no instance, and it is asked again until the deadline',
  expected: 'unprotected',
  onlyInAll: true,
  windowSeconds: 8,
  tags: WORKER_TAGS,
  faults: [{ ...EC2, kind: 'answer', answer: described('') }],
  expectations: [
    instanceUntouched,
    loggedOften(PHASES.notSent, 'InstanceNotFound'),
    deadLettered('InstanceNotFound'),
  ],
};

export const answerWithoutTags: Scenario = {
  name: 'answer-without-tags',
  story:
    'EC2 leaves the tags out of its answer: nothing is sent, and afterwards it is found that the instance was guarded',
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  faults: [
    { ...EC2, kind: 'answer', answer: instanceXml('<instanceState><name>running</name></instanceState>') },
  ],
  expectations: [instanceUntouched, logged(PHASES.unguarded, 'no tag'), answeredAtOnce],
};

export const answerWithoutState: Scenario = {
  name: 'answer-without-state',
  story: "EC2 answers without the instance's state: only a known end keeps the command back",
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  faults: [
    {
      ...EC2,
      kind: 'answer',
      answer: instanceXml(
        '<tagSet><item><key>spot-guard</key><value>enabled</value></item><item><key>spot-guard:units</key><value>queue-worker</value></item><item><value>no key</value></item></tagSet>',
      ),
    },
  ],
  prepare: prepareWorkload,
  expectations: [workIsSafe, reportInTime, logged(PHASES.commandSent), answeredAtOnce],
};

export const answerWithoutCommandId: Scenario = {
  name: 'answer-without-command-id',
  story:
    'SSM takes each command and answers without its id: the plan runs once, and in the end the notice is given up, for all is not known',
  expected: 'graceful',
  onlyInAll: true,
  windowSeconds: 8,
  tags: WORKER_TAGS,
  faults: [{ ...SSM, kind: 'answer', answer: '{"Command":{}}', taken: true }],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    reportInTime,
    loggedOften(PHASES.notSent, 'NoCommandId'),
    oneRun,
    deadLettered('NoCommandId'),
  ],
};

export const garbledAnswers: Scenario = {
  name: 'garbled-answers',
  story:
    'a proxy answers for SSM with a web page, every time: it is tried until the deadline, and the notice given up',
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  faults: [{ ...SSM, kind: 'answer', answer: '<html><body>Please sign in</body></html>' }],
  expectations: [
    instanceUntouched,
    loggedOften(PHASES.notSent, 'UnreadableAnswer'),
    deadLettered('UnreadableAnswer'),
  ],
};
