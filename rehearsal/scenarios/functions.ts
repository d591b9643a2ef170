// Scenarios of Lambda: the function dies, hangs, may not run, or cannot be invoked. The event must not be lost.
import { check, type Scenario } from '../scenario.ts';
import { eventInDeadLetters, eventInOverflow, instanceUntouched, WORKER_TAGS } from './workload.ts';

export const functionCrashes: Scenario = {
  name: 'function-crashes',
  story:
    "the function's process dies in the middle of the notice: the event is in the overflow queue at once",
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  lambda: 'crashes',
  expectations: [
    instanceUntouched,
    eventInOverflow,
    ({ overflow }) => {
      const [record = ''] = overflow.map(({ body }) => body);
      return [
        ...check(record.includes('Runtime.ExitError'), 'the record to say that the process died', record),
        // A retry would come when it is too late.
        ...check(record.includes('"condition":"RetriesExhausted"'), 'no retry to be thought of', record),
      ];
    },
  ],
};

export const functionHangs: Scenario = {
  name: 'function-hangs',
  story:
    'the function does nothing any more: Lambda ends it at its timeout, and the event is in the overflow queue',
  expected: 'unprotected',
  onlyInAll: true,
  tags: WORKER_TAGS,
  lambda: 'hangs',
  expectations: [
    instanceUntouched,
    eventInOverflow,
    ({ overflow }) => {
      const [record = ''] = overflow.map(({ body }) => body);
      return check(record.includes('timed out after 10.00 seconds'), 'the record to say what it was', record);
    },
  ],
};

export const functionThrottled: Scenario = {
  name: 'function-throttled',
  story: 'the account has no concurrency left: after half of the window the event is in the overflow queue',
  expected: 'unprotected',
  windowSeconds: 8,
  onlyInAll: true,
  tags: WORKER_TAGS,
  lambda: 'throttled',
  expectations: [instanceUntouched, eventInOverflow],
};

export const lambdaUnreachable: Scenario = {
  name: 'lambda-unreachable',
  story: 'EventBridge cannot hand the notice to Lambda: after half of the window it is in the overflow queue',
  expected: 'unprotected',
  windowSeconds: 8,
  onlyInAll: true,
  tags: WORKER_TAGS,
  lambda: 'unreachable',
  expectations: [instanceUntouched, eventInDeadLetters],
};
