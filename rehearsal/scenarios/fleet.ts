// Scenarios of what an instance asks for beside the command: to be taken out of target groups and of its Auto Scaling group.
import { PHASES } from '../../contract/log.ts';
import { METRICS } from '../../contract/metrics.ts';
import { INSTANCE_ID } from '../event.ts';
import type { FleetSetup } from '../region/fleet.ts';
import { check, type Expectation, GUARDED, type Scenario } from '../scenario.ts';
import {
  answeredAtOnce,
  counted,
  instanceUntouched,
  logged,
  prepareWorkload,
  reportInTime,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

const DEREGISTER = { 'spot-guard:deregister': 'targets' } as const;
const REPLACE = { 'spot-guard:replace': 'asg' } as const;
const BOTH = { ...WORKER_TAGS, ...DEREGISTER, ...REPLACE } as const;

const OTHER = 'i-00000000000000abc';
const at = (...ports: number[]) => ports.map((port) => ({ id: INSTANCE_ID, port }));
const FLEET: FleetSetup = {
  targetGroups: [
    { name: 'web', tags: DEREGISTER, targets: [...at(80, 8080), { id: OTHER, port: 80 }] },
    { name: 'api', tags: DEREGISTER, targets: [{ id: OTHER, port: 443 }] },
    { name: 'not-tagged', targets: at(80) },
    { name: 'other-value', tags: { 'spot-guard:deregister': 'target' }, targets: at(80) },
  ],
  scalingGroups: [
    { name: 'workers', tags: REPLACE, members: { [INSTANCE_ID]: 'InService', [OTHER]: 'InService' } },
  ],
};
const NOT_FOR_US = ['not-tagged:80', 'other-value:80'];

/** Only those target groups still send it connections. */
function serves(...wanted: string[]): Expectation {
  return ({ fleet }) => {
    const serving = fleet.serving(INSTANCE_ID);
    return check(serving.join() === wanted.join(), `to be served by ${wanted.join(', ') || 'none'}`, serving);
  };
}

/** Its group has launched so many in its place, and nothing has become of the other instance. */
function launched(count: number): Expectation {
  return ({ fleet }) => [
    ...fleet.scalingGroups.flatMap((group) => [
      ...check(group.launched === count, `${group.name} to launch ${count}`, group.launched),
      ...check(group.members.has(INSTANCE_ID) === (count === 0), 'to be replaced once it is out', [
        ...group.members,
      ]),
      ...check(group.members.get(OTHER) === 'InService', 'the other instance to stay', [...group.members]),
    ]),
    ...check(
      fleet.serving(OTHER).join() === 'web:80,api:443',
      'the other to be served',
      fleet.serving(OTHER),
    ),
  ];
}

/** Of the function `fleet`: one line for the action. */
function ended(action: string, phase: string, reason?: string): Expectation {
  return ({ log }) => {
    const found = log.filter(
      (line) => line.fleetAction === action && line.phase === phase && line.reason === reason,
    );
    return check(found.length === 1, `one line ${action}: ${phase}, ${reason ?? 'no reason'}`, log);
  };
}

export const fleetActions: Scenario = {
  name: 'fleet-actions',
  story:
    'the instance is taken out of the target groups that are tagged for it, on every port, and replaced in its Auto Scaling group',
  expected: 'graceful',
  tags: BOTH,
  fleet: FLEET,
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    reportInTime,
    answeredAtOnce,
    serves(...NOT_FOR_US),
    launched(1),
    ended('deregister', PHASES.fleetDone),
    ended('replace', PHASES.fleetDone),
    counted(METRICS.fleetDone, 2),
    logged(PHASES.commandSent),
    ({ log }) =>
      check(!log.some(({ phase }) => phase === PHASES.queueFailed), 'no call to a queue to fail', log),
  ],
};

export const fleetThrottled: Scenario = {
  name: 'fleet-throttled',
  story:
    'every service that a fleet action needs throttles, breaks or takes what it is asked for without an answer: all is done, and once; what is no request is given up',
  expected: 'graceful',
  onlyInAll: true,
  tags: BOTH,
  fleet: FLEET,
  faults: [
    { of: 'fleet', service: 'tagging', action: 'GetResources', kind: 'throttle', first: 2 },
    { of: 'fleet', service: 'elasticloadbalancing', action: 'DescribeTargetHealth', kind: 'error', first: 2 },
    {
      of: 'fleet',
      service: 'elasticloadbalancing',
      action: 'DeregisterTargets',
      kind: 'reset',
      first: 1,
      taken: true,
    },
    {
      of: 'fleet',
      service: 'autoscaling',
      action: 'DescribeAutoScalingInstances',
      kind: 'throttle',
      first: 2,
    },
    { of: 'fleet', service: 'autoscaling', action: 'DescribeAutoScalingGroups', kind: 'reset', first: 1 },
    { of: 'fleet', service: 'autoscaling', action: 'DetachInstances', kind: 'throttle', first: 2 },
  ],
  prepare: prepareWorkload,
  // Somebody sends what is no request.
  probe: async ({ queues }) => {
    queues.find(({ name }) => name.includes('FleetRequestsQueue'))?.send('{');
    return [];
  },
  expectations: [
    workIsSafe,
    reportInTime,
    serves(...NOT_FOR_US),
    launched(1),
    ({ fleetDeadLetters: letters }) =>
      check(
        letters.length === 1 && letters[0]?.attributes.reason === 'MalformedRequest: not JSON',
        'what is no request among the dead letters of fleet, with the reason',
        letters,
      ),
  ],
};

export const fleetDenied: Scenario = {
  name: 'fleet-denied',
  story:
    'the one fleet action is denied and the other is throttled until the deadline: the command and the work know nothing of it',
  expected: 'graceful',
  onlyInAll: true,
  tags: BOTH,
  fleet: FLEET,
  faults: [
    { of: 'fleet', service: 'elasticloadbalancing', action: 'DeregisterTargets', kind: 'deny' },
    { of: 'fleet', service: 'autoscaling', action: 'DetachInstances', kind: 'throttle' },
  ],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    reportInTime,
    answeredAtOnce,
    serves('web:80', 'web:8080', ...NOT_FOR_US),
    launched(0),
    ended('deregister', PHASES.fleetFailed, 'AccessDenied'),
    ended('replace', PHASES.fleetFailed, 'Throttling'),
    counted(METRICS.fleetFailed, 2),
  ],
};

export const fleetNeverWorks: Scenario = {
  name: 'fleet-never-works',
  story: 'the function fleet crashes each time: its requests are given up, and the work is safe',
  expected: 'graceful',
  onlyInAll: true,
  tags: BOTH,
  fleet: FLEET,
  trouble: { of: 'fleet', fault: 'crashes', first: 1_000 },
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    reportInTime,
    answeredAtOnce,
    serves('web:80', 'web:8080', ...NOT_FOR_US),
    launched(0),
    ({ fleetDeadLetters: letters }) =>
      check(letters.length === 2, 'a dead letter of fleet for each action', letters),
  ],
};

export const fleetWithoutAgent: Scenario = {
  name: 'fleet-without-agent',
  story:
    "the instance's agent is not there, so that no command can be sent: it is taken out of its groups all the same, and once",
  expected: 'unprotected',
  onlyInAll: true,
  windowSeconds: 8,
  tags: { ...GUARDED, ...DEREGISTER, ...REPLACE },
  fleet: FLEET,
  agent: { registersAfter: Number.POSITIVE_INFINITY },
  expectations: [instanceUntouched, serves(...NOT_FOR_US), launched(1)],
};

export const fleetLeftAlone: Scenario = {
  name: 'fleet-left-alone',
  story:
    'an interruption that only stops the instance takes it out of nothing: it comes back to where it was',
  expected: 'graceful',
  onlyInAll: true,
  action: 'stop',
  tags: BOTH,
  fleet: FLEET,
  prepare: prepareWorkload,
  expectations: [
    serves('web:80', 'web:8080', ...NOT_FOR_US),
    launched(0),
    ({ log }) =>
      check(!log.some(({ fleetAction }) => fleetAction !== undefined), 'no line of a fleet action', log),
  ],
};
