// Scenarios of the event: malformed, foreign, twice, out of order or late.
import { LOG_KEYS, PHASES } from '../../contract/log.ts';
import { METRICS } from '../../contract/metrics.ts';
import { withDetail } from '../event.ts';
import { check, type Scenario } from '../scenario.ts';
import type { JsonObject } from '../template/template.ts';
import {
  answeredAtOnce,
  calls,
  counted,
  everyStepSucceeded,
  instanceUntouched,
  logged,
  noHookRan,
  nothingLeftRunning,
  oneRun,
  prepareWorkload,
  reportInTime,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

export const malformedEvent: Scenario = {
  name: 'malformed-event',
  story: 'the event names no valid instance id: it is logged as ignored, and no API is called',
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  alterEvent: (event) => withDetail(event, { 'instance-id': '$(reboot)' }),
  prepare: prepareWorkload,
  expectations: [
    instanceUntouched,
    logged(PHASES.ignored),
    calls('ec2', 'DescribeInstances', 0),
    calls('ssm', 'SendCommand', 0),
    answeredAtOnce,
  ],
};

export const duplicateEvent: Scenario = {
  name: 'duplicate-event',
  story: 'EventBridge delivers the notice twice: two commands arrive, one run happens, both end well',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  deliver: (event) => [event, event],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    nothingLeftRunning,
    ({ invocations }) => check(invocations.length === 2, 'two commands', `${invocations.length}`),
    oneRun,
    answeredAtOnce,
  ],
};

export const foreignAccount: Scenario = {
  name: 'foreign-account',
  story:
    "another account's bus forwards its notice for an instance of the same id: the rule does not match it",
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  alterEvent: (event) => ({ ...event, account: '999999999999' }),
  expectations: [
    instanceUntouched,
    ({ invoked }) => check(invoked === 0, 'no function to be invoked', invoked),
    answeredAtOnce,
  ],
};

export const foreignRegion: Scenario = {
  name: 'foreign-region',
  story: "another Region's notice arrives here: it is logged as ignored, and no API is called",
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  alterEvent: (event) => ({ ...event, region: 'ap-southeast-2' }),
  expectations: [
    instanceUntouched,
    logged(PHASES.ignored, 'foreign region'),
    counted(METRICS.ignored, 1),
    calls('ec2', 'DescribeInstances', 0),
    answeredAtOnce,
  ],
};

export const otherKinds: Scenario = {
  name: 'other-kinds',
  story: 'events of other kinds and sources pass by: the rule matches none of them',
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  deliver: (event) => [
    { ...event, 'detail-type': 'EC2 Instance State-change Notification' },
    { ...event, 'detail-type': 'EC2 Spot Instance Request Fulfillment' },
    { ...event, source: 'custom.ec2' },
  ],
  expectations: [
    instanceUntouched,
    ({ invoked }) => check(invoked === 0, 'no function to be invoked', invoked),
  ],
};

export const extraFields: Scenario = {
  name: 'extra-fields',
  story:
    'the event has fields that nobody knows, and lacks those that nobody needs: it is a notice all the same',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  alterEvent: ({ id: _id, version: _version, resources: _resources, ...event }) => ({
    ...withDetail(event, { 'instance-type': 'm7g.large', reason: [{ 'instance-id': 'i-00000000' }] }),
    'replay-name': 'x',
    trailing: { source: 'custom', detail: {} },
  }),
  prepare: prepareWorkload,
  expectations: [workIsSafe, everyStepSucceeded, reportInTime, logged(PHASES.commandSent), answeredAtOnce],
};

/** What can be missing from an event that the rule lets through. */
const LACKING: readonly ((event: JsonObject) => JsonObject)[] = [
  ({ time: _time, ...event }) => event,
  ({ region: _region, ...event }) => event,
  ({ detail: _detail, ...event }) => event,
  (event) => ({ ...event, detail: null }),
  (event) => ({ ...event, detail: {} }),
  (event) => withDetail(event, { 'instance-id': null }),
  (event) => withDetail(event, { 'instance-action': null }),
];

export const missingFields: Scenario = {
  name: 'missing-fields',
  story:
    'events that lack what is needed come first: each is ignored, and the whole one after them is answered',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  deliver: (event) => [...LACKING.map((lack) => lack(event)), event],
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    reportInTime,
    ({ log }) => {
      const ignored = log.filter(({ phase }) => phase === PHASES.ignored);
      return check(ignored.length === LACKING.length, `${LACKING.length} events ignored`, ignored);
    },
    calls('ssm', 'SendCommand', 1),
    answeredAtOnce,
  ],
};

export const outOfOrder: Scenario = {
  name: 'out-of-order',
  story:
    'an older notice comes after the newer one: it joins the run; one that is past its deadline is dropped',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  deliver: (event) => [event, timeShifted(event, -3), timeShifted(event, -200)],
  // Two functions that start cold side by side may overtake each other.
  secondsBetween: 1.5,
  // The last one is another notice, which nobody answered.
  outcomes: 2,
  reclaimAt: (deadline) => deadline - 3,
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    ({ invocations }) => check(invocations.length === 2, 'two commands', `${invocations.length}`),
    oneRun,
    logged(PHASES.late),
    answeredAtOnce,
  ],
};

export const sixtySecondsLate: Scenario = {
  name: 'sixty-seconds-late',
  story:
    'the notice is 60 s old when it arrives: half of the time is enough, and the log says how late it was',
  expected: 'graceful',
  onlyInAll: true,
  windowSeconds: 60,
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
    ({ log }) => {
      const ms = log.find(({ phase }) => phase === PHASES.commandSent)?.[LOG_KEYS.noticeToCommandMs];
      return check(Number(ms) >= 59_000 && Number(ms) < 70_000, 'about 60,000 ms from notice to command', ms);
    },
  ],
};

export const lastSecond: Scenario = {
  name: 'last-second',
  story:
    'the notice is 119 s old and the agent needs a moment: what comes too late is refused and starts nothing',
  expected: 'late',
  onlyInAll: true,
  // The deadline can come while the function still asks EC2: then the event goes to the overflow queue.
  orElse: ['unprotected'],
  windowSeconds: 1,
  tags: WORKER_TAGS,
  agent: { takesCommandsAt: (deadline) => deadline + 0.2 },
  reclaimAt: (deadline) => deadline + 5,
  prepare: prepareWorkload,
  expectations: [noHookRan],
};

function timeShifted(event: JsonObject, seconds: number): JsonObject {
  const time = new Date(Date.parse(String(event.time)) + seconds * 1000).toISOString();
  return { ...event, id: crypto.randomUUID(), time };
}
