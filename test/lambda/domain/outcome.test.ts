// Each rule by itself, and what would fool it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OUTCOMES } from '../../../contract/outcomes.ts';
import type { Evidence, Invocation } from '../../../lambda/domain/evidence.ts';
import { judge, RULES } from '../../../lambda/domain/outcome.ts';
import {
  COMMAND,
  DEADLINE,
  evidence,
  INSTANCE,
  instance,
  invocation,
  NOTICE_MS,
  report,
  stages,
  step,
  ticket,
  without,
} from './proofs.ts';

const done = (
  output: string,
  ...others: Parameters<typeof step>[] | ReturnType<typeof step>[]
): Partial<Evidence> => ({
  commands: [invocation(output, ...(others as ReturnType<typeof step>[]))],
});
const command = (status: string, ...steps: readonly ReturnType<typeof step>[]): Partial<Evidence> => ({
  commands: [{ commandId: COMMAND, requestedMs: NOTICE_MS + 700, status, steps }],
});
const noCommand = (left: 'late' | 'notSent' | 'unreachable' | 'lost', guarded = true): Partial<Evidence> => ({
  ticket: without(ticket({ left, guarded }), 'commandId', 'sentMs'),
  commands: [],
});
const refused = (startedMs: number) =>
  step('accept', { status: 'Failed', exit: 169, startedMs, output: 'refused: the deadline passed' });
const spot = (status: string) => ({ instanceId: INSTANCE, status, updatedMs: NOTICE_MS });
const later = (status: string): Invocation => ({
  commandId: 'command-2',
  requestedMs: NOTICE_MS + 90_000,
  status,
  steps: [step('accept'), step('drain')],
});
const lookAgain = { nowMs: (DEADLINE + 630) * 1000 };

const CASES: readonly [string, Partial<Evidence>, string][] = [
  ['a report for this notice', {}, 'graceful'],
  ['a report that says empty', done(report({ result: 'empty' })), 'empty'],
  ['a report that leaves out a stage', done(report({ stages: stages().slice(0, 2) })), 'unknown'],
  ['a graceful report with a failed stage in it', done(report({ stages: stages({ exit: 20 }) })), 'failed'],
  ['a report that says failed without saying where', done(report({ result: 'failed' })), 'failed'],
  [
    'a stage that ended after the deadline',
    done(report({ stages: stages().with(3, { ...(stages()[3] as object), ended: DEADLINE + 1 } as never) })),
    'late',
  ],
  [
    'a graceful report against a failed step',
    done(report(), step('save', { status: 'Failed', exit: 20 })),
    'failed',
  ],
  [
    'a graceful report against a step that the agent killed',
    done(report(), step('save', { status: 'TimedOut', exit: 137 })),
    'graceful',
  ],
  ['success without a report', done(''), 'unknown'],
  ['success with words in the place of a report', done('all good'), 'unknown'],
  ['a report of another instance', done(report({ instanceId: 'i-00000000' })), 'unknown'],
  ['an old report', done(report({ deadline: DEADLINE - 400 })), 'unknown'],
  ['a report with times to come', done(report({ stages: stages({ ended: DEADLINE + 90 }) })), 'unknown'],
  ['a failed step without a report', done('', step('drain', { status: 'Failed', exit: 20 })), 'failed'],
  [
    'a step that the agent killed, without a report',
    done('', step('save', { status: 'TimedOut', exit: 137 })),
    'failed',
  ],
  ['a command in progress', command('InProgress', step('accept'), step('drain')), 'late'],
  ['a command that SSM gave up after a step', command('TimedOut', step('accept')), 'late'],
  ['a command that never was taken', command('Pending'), 'unprotected'],
  ['a command that SSM gave up before any step', command('TimedOut'), 'unprotected'],
  [
    'a command whose steps all wait',
    command('Pending', step('accept', { status: 'Pending', exit: -1, startedMs: undefined })),
    'unprotected',
  ],
  ['a command that somebody cancelled', command('Cancelled', step('accept'), step('drain')), 'unknown'],
  ['a refusal after the deadline', command('Failed', refused(DEADLINE * 1000 + 1)), 'late'],
  ['a refusal in time', command('Failed', refused(NOTICE_MS)), 'failed'],
  ['a command of which SSM knows nothing', { commands: [] }, 'unknown'],
  ['no command: the event came late', noCommand('late'), 'late'],
  ['no command: it was not sent', noCommand('notSent'), 'unprotected'],
  ['no command: the instance was shutting down', noCommand('unreachable'), 'unprotected'],
  ['no event at all', noCommand('lost'), 'unprotected'],
  [
    'no event, but the report of the guard in S3',
    { ...noCommand('lost'), reports: [{ text: report(), savedMs: NOTICE_MS + 40_000 }] },
    'graceful',
  ],
  [
    'a late event, but the report of the guard in S3',
    { ...noCommand('late'), reports: [{ text: report(), savedMs: NOTICE_MS + 40_000 }] },
    'graceful',
  ],
  [
    'a report in S3 from before its stages ended',
    { ...noCommand('lost'), reports: [{ text: report(), savedMs: NOTICE_MS + 5_000 }] },
    'unprotected',
  ],
  [
    'an instance whose tags say otherwise',
    {
      ...noCommand('notSent', false),
      instance: instance('terminated', { tags: new Map([['Name', 'theirs']]) }),
    },
    'unguarded',
  ],
  [
    'an instance whose tags EC2 has forgotten',
    { ...noCommand('notSent', false), instance: instance('terminated', { tags: new Map() }) },
    'unprotected',
  ],
  [
    'an instance that EC2 does not know',
    { ...noCommand('notSent', false), instance: undefined },
    'unprotected',
  ],
  [
    'a tag taken off after the command',
    { instance: instance('terminated', { tags: new Map([['Name', 'x']]) }) },
    'graceful',
  ],
  ['an instance that still runs', { instance: instance('running') }, 'again'],
  ['an instance that still runs, without any proof', { ...done(''), instance: instance('running') }, 'again'],
  [
    'an instance that still runs ten minutes later',
    { instance: instance('running'), ...lookAgain },
    'spared',
  ],
  [
    'a failed plan on an instance that lives on',
    { ...done(report({ result: 'failed' })), instance: instance('running'), ...lookAgain },
    'spared',
  ],
  [
    'an instance that was stopped and runs again',
    { instance: instance('running', { launchedMs: NOTICE_MS + 200_000 }) },
    'graceful',
  ],
  ['an instance on its way down', { instance: instance('shutting-down') }, 'graceful'],
  [
    'a withdrawn notice, at the first look',
    { ...done(report({ result: 'spared', stages: [] })), instance: instance('running') },
    'again',
  ],
  [
    'a withdrawn notice, at the second look',
    { ...done(report({ result: 'spared', stages: [] })), instance: instance('running'), ...lookAgain },
    'spared',
  ],
  [
    'an instance that still runs, of a request that EC2 says it has ended',
    { instance: instance('running'), spotRequest: spot('instance-terminated-no-capacity'), ...lookAgain },
    'again',
  ],
  [
    'the same an hour later',
    {
      instance: instance('running'),
      spotRequest: spot('instance-terminated-no-capacity'),
      nowMs: (DEADLINE + 3_700) * 1000,
    },
    'unknown',
  ],
  [
    'an instance that still runs, of a request that is fulfilled again',
    { instance: instance('running'), spotRequest: spot('fulfilled'), ...lookAgain },
    'spared',
  ],
  [
    'a notice shown again whose command was cut off: what went well before does not count',
    { commands: [invocation(report()), later('InProgress')] },
    'late',
  ],
  [
    'a notice shown again whose command no agent took',
    { commands: [invocation(report()), { ...later('Pending'), steps: [] }] },
    'graceful',
  ],
  [
    'a lost stop, whose notice came long before EC2 said that it had stopped',
    {
      ...noCommand('lost'),
      ticket: without(
        ticket({ left: 'lost', action: 'stop', deadline: DEADLINE + 600, earlierSeconds: 1_020 }),
        'commandId',
      ),
      noticeMs: NOTICE_MS + 600_000,
      nowMs: (DEADLINE + 900) * 1000,
      commands: [invocation(report({ action: 'stop' }))],
      instance: instance('stopped'),
    },
    'graceful',
  ],
  ['a withdrawn notice, and the instance gone', done(report({ result: 'spared', stages: [] })), 'unknown'],
  [
    'a notice that was withdrawn and shown again: the last run counts',
    {
      commands: [
        invocation(report({ result: 'spared', stages: stages().slice(0, 1) })),
        invocation(
          report({
            deadline: DEADLINE + 90,
            stages: stages().map((one) => ({ ...one, started: one.started + 90, ended: one.ended + 90 })),
          }),
        ),
      ],
      nowMs: lookAgain.nowMs,
    },
    'graceful',
  ],
  [
    'a doubled event whose first command ended badly',
    { commands: [...(done('').commands ?? []), ...(done(report()).commands ?? [])] },
    'graceful',
  ],
  [
    'a doubled event whose second command came too late',
    {
      commands: [
        invocation(report()),
        {
          commandId: 'command-2',
          requestedMs: NOTICE_MS + 60_000,
          status: 'Failed',
          steps: [refused(DEADLINE * 1000 + 9), step('drain', { status: 'Failed', exit: 23 })],
        },
      ],
    },
    'graceful',
  ],
  [
    'a recommendation, whose plan is save and report',
    {
      ticket: ticket({ action: 'rebalance', deadline: NOTICE_MS / 1000 + 600 }),
      ...done(
        report({
          action: 'rebalance',
          deadline: NOTICE_MS / 1000 + 600,
          stages: stages().filter(({ name }) => name === 'save' || name === 'report'),
        }),
      ),
      instance: instance('running'),
      nowMs: NOTICE_MS + 630_000,
    },
    'graceful',
  ],
  [
    'an interruption with the stages of a recommendation',
    done(report({ stages: stages().filter(({ name }) => name === 'save' || name === 'report') })),
    'unknown',
  ],
];

describe('the outcome', () => {
  it.each(CASES)('on %s', (_name, given, outcome) => {
    expect(judge(evidence(given)).outcome).toBe(outcome);
  });

  it('on each of these is by every rule that there is', () => {
    const used = new Set(CASES.map(([, given]) => judge(evidence(given)).because));
    expect([...used].sort()).toEqual(RULES.map(({ because }) => because).sort());
  });

  it('says why a report proves nothing', () => {
    const { proven } = judge(evidence(done(report({ instanceId: 'i-00000000' }))));
    expect(proven.refused).toEqual(['command: it is of another instance']);
  });

  it("holds the earlier of the event's and the metadata's deadline", () => {
    expect(judge(evidence(done(report({ deadline: DEADLINE - 8 })))).deadline).toBe(DEADLINE - 8);
    expect(judge(evidence(done(report({ deadline: DEADLINE + 8 })))).deadline).toBe(DEADLINE);
  });

  it('is one of the words, whatever came, and graceful with a whole report alone', () => {
    const steps = fc.array(
      fc.record({
        name: fc.constantFrom('accept', 'drain', 'save', 'clean', 'report', 'x'),
        status: fc.constantFrom('Pending', 'InProgress', 'Success', 'TimedOut', 'Cancelled', 'Failed', ''),
        exit: fc.constantFrom(-1, 0, 1, 20, 23, 137, 169),
        startedMs: fc.option(fc.double(), { nil: undefined }),
        endedMs: fc.option(fc.double(), { nil: undefined }),
        output: fc.oneof(
          fc.string(),
          fc.constantFrom(report(), report({ result: 'empty' }), report({ deadline: 0 })),
        ),
      }),
      { maxLength: 7 },
    );
    const invocations = fc.array(
      fc.record({
        commandId: fc.constantFrom(COMMAND, 'other'),
        requestedMs: fc.double(),
        status: fc.constantFrom(
          'Pending',
          'InProgress',
          'Success',
          'TimedOut',
          'Cancelled',
          'Failed',
          'Delayed',
        ),
        steps,
      }),
      { maxLength: 3 },
    );
    const states = fc.constantFrom('running', 'terminated', 'stopped', 'x', undefined);
    fc.assert(
      fc.property(invocations, states, fc.nat(2_000), (commands: Invocation[], state, after) => {
        const nowMs = (DEADLINE + 30 + after) * 1000;
        const known = state === undefined ? undefined : instance(state);
        const verdict = judge(evidence({ commands, instance: known, nowMs }));
        expect([...OUTCOMES, 'again']).toContain(verdict.outcome);
        if (verdict.outcome === 'graceful') expect(verdict.proven.proof?.report.instanceId).toBe(INSTANCE);
      }),
    );
  });
});
