// Scenarios of the way to the outcome: functions that die, answers and tickets that are lost, an instance that lives on.
import { PHASES } from '../../contract/log.ts';
import { METRICS, OUTCOME_METRICS } from '../../contract/metrics.ts';
import { check, type Expectation, type Scenario } from '../scenario.ts';
import {
  answeredAtOnce,
  counted,
  logged,
  loggedOften,
  oneRun,
  overflowed,
  prepareWorkload,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

const settledBy =
  (left: string): Expectation =>
  ({ verdict: { record } }) =>
    check(record?.left === left, `an outcome of a notice that was left as ${left}`, record);

const settledAsUsual: readonly Expectation[] = [
  workIsSafe,
  counted(OUTCOME_METRICS.graceful, 1),
  logged(PHASES.settled),
];

export const livesOn: Scenario = {
  name: 'instance-lives-on',
  story:
    'EC2 does not take the instance after all, and says nothing: looked at once more ten minutes later, it is spared',
  expected: 'spared',
  onlyInAll: true,
  livesOn: true,
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    counted(OUTCOME_METRICS.spared, 1),
    counted(OUTCOME_METRICS.graceful, 0),
    ({ log }) => {
      const put = log.filter(({ phase }) => phase === PHASES.later);
      return check(put.length === 1, 'one ticket to be put off', log);
    },
    answeredAtOnce,
  ],
};

export const settleCrashes: Scenario = {
  name: 'settle-crashes',
  story: 'the function that settles dies with the ticket in hand: the ticket comes again',
  expected: 'graceful',
  onlyInAll: true,
  trouble: { of: 'settle', fault: 'crashes', first: 1 },
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [...settledAsUsual, settledBy('commandSent')],
};

export const settleNeverWorks: Scenario = {
  name: 'settle-never-works',
  story:
    'the function that settles dies each time: every ticket is kept as a dead letter, and nothing is claimed',
  expected: 'none',
  onlyInAll: true,
  trouble: { of: 'settle', fault: 'crashes', first: Number.POSITIVE_INFINITY },
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [
    workIsSafe,
    ({ ticketDeadLetters }) => {
      const left = ticketDeadLetters.map(({ body }) => String(JSON.parse(body).left));
      // Its own, and four looks for what was lost.
      return check(left.join() === 'commandSent,lost,lost,lost,lost', 'each ticket as a dead letter', left);
    },
  ],
};

export const claimAnswerLost: Scenario = {
  name: 'claim-answer-lost',
  story:
    'S3 takes the outcome, and its answer is lost: the next try meets the object, and knows it for its own',
  expected: 'graceful',
  onlyInAll: true,
  faults: [{ of: 'settle', service: 's3', action: 'PutObject', kind: 'reset', first: 1, taken: true }],
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: settledAsUsual,
};

const NO_TICKET = '{"Successful":[],"Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}]}';

export const ticketNotLeft: Scenario = {
  name: 'ticket-not-left',
  story:
    'SQS does not take the ticket: from the overflow queue a second command leaves, its ticket too, and the plan runs once',
  expected: 'graceful',
  onlyInAll: true,
  faults: [
    {
      service: 'sqs',
      action: 'SendMessageBatch',
      kind: 'answer',
      answer: NO_TICKET,
      first: 1,
    },
  ],
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [
    ...settledAsUsual,
    settledBy('commandSent'),
    logged(PHASES.noTicket, 'InternalError'),
    counted(METRICS.noTicket, 1),
    counted(METRICS.lost, 0),
    counted(METRICS.commandSent, 2),
    oneRun,
    overflowed(1),
  ],
};

export const ticketNeverLeft: Scenario = {
  name: 'ticket-never-left',
  story: 'SQS takes no ticket at all: the command has left all the same, and the notice is found without one',
  expected: 'graceful',
  windowSeconds: 8,
  onlyInAll: true,
  faults: [{ service: 'sqs', action: 'SendMessageBatch', kind: 'answer', answer: NO_TICKET }],
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  expectations: [
    ...settledAsUsual,
    settledBy('lost'),
    ({ verdict: { record }, invocations }) =>
      check(
        invocations.some(({ command }) => record?.commandIds.includes(command.id)),
        'a command to be found',
        record,
      ),
    loggedOften(PHASES.noTicket, 'InternalError'),
    counted(METRICS.lost, 1),
    oneRun,
  ],
};

export const coverageCrashes: Scenario = {
  name: 'coverage-crashes',
  story:
    'the event is lost, and the first look for it dies: the next one finds that nothing reached the instance',
  expected: 'unprotected',
  onlyInAll: true,
  deliver: () => [],
  trouble: { of: 'coverage', fault: 'crashes', first: 1 },
  tags: WORKER_TAGS,
  expectations: [settledBy('lost'), counted(OUTCOME_METRICS.unprotected, 1)],
};
