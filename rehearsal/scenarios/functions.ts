// Scenarios of Lambda: the function dies, hangs, may not run, or cannot be invoked. The notice is answered all the same,
// from the overflow queue, while there is time.
import { PHASES } from '../../contract/log.ts';
import { check, type Expectation, type Scenario } from '../scenario.ts';
import {
  instanceUntouched,
  logged,
  oneRun,
  overflowed,
  prepareWorkload,
  reportInTime,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

const answeredInTheEnd: readonly Expectation[] = [
  workIsSafe,
  reportInTime,
  oneRun,
  overflowed(1),
  logged(PHASES.commandSent),
];
const because =
  (why: string): Expectation =>
  ({ overflowed: reasons }) =>
    check(reasons[0]?.includes(why) ?? false, `the record to say ${why}`, reasons);

export const functionCrashes: Scenario = {
  name: 'function-crashes',
  story:
    "the function's process dies in the middle of the notice: at once another one takes it from the overflow queue",
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  trouble: { of: 'respond', fault: 'crashes', first: 1 },
  prepare: prepareWorkload,
  // A retry of Lambda's own would come when it is too late: none must have been thought of.
  expectations: [...answeredInTheEnd, because('RetriesExhausted'), because('Runtime exited')],
};

export const functionHangs: Scenario = {
  name: 'function-hangs',
  story:
    'the function does nothing any more: Lambda ends it at its timeout, and another one takes the notice from the overflow queue',
  expected: 'graceful',
  onlyInAll: true,
  windowSeconds: 20,
  tags: WORKER_TAGS,
  trouble: { of: 'respond', fault: 'hangs', first: 1 },
  prepare: prepareWorkload,
  expectations: [...answeredInTheEnd, because('timed out after 10.00 seconds')],
};

export const functionNeverWorks: Scenario = {
  name: 'function-never-works',
  story:
    'the function dies over the notice each time: in the end it is a dead letter, and found by its Spot request',
  expected: 'unprotected',
  onlyInAll: true,
  windowSeconds: 6,
  tags: WORKER_TAGS,
  trouble: { of: 'respond', fault: 'crashes', first: Number.POSITIVE_INFINITY },
  expectations: [
    instanceUntouched,
    ({ noticeDeadLetters: letters }) => check(letters.length === 1, 'one dead letter', letters),
  ],
};

export const functionThrottled: Scenario = {
  name: 'function-throttled',
  story:
    'the account has no concurrency for half of the window: then the notice is taken from the overflow queue',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  lambda: 'throttled',
  prepare: prepareWorkload,
  expectations: answeredInTheEnd,
};

export const lambdaUnreachable: Scenario = {
  name: 'lambda-unreachable',
  story:
    'for half of the window EventBridge cannot hand the notice to Lambda: then it is taken from the overflow queue',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  lambda: 'unreachable',
  prepare: prepareWorkload,
  expectations: answeredInTheEnd,
};
