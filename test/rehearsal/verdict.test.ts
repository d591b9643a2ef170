import { describe, expect, it } from 'vitest';
import { PHASES } from '../../contract/log.ts';
import type { Outcome } from '../../contract/outcomes.ts';
import type { StepResult } from '../../rehearsal/region/commands.ts';
import { type Facts, judge } from '../../rehearsal/verdict.ts';

const DEADLINE = 1_800_000_000;
const INSTANCE = 'i-0b662ef9931388ba0';

function step(name: string, more: Partial<StepResult> = {}): StepResult {
  const at = (DEADLINE - 60) * 1000;
  return { name, status: 'Success', exit: 0, started: at, ended: at, stdout: '', stderr: '', ...more };
}

function report(more: object = {}): string {
  const stages = ['drain', 'save', 'clean', 'report'].map((name) => ({
    name,
    started: DEADLINE - 60,
    ended: DEADLINE - 50,
    until: DEADLINE - 45,
    exit: 0,
  }));
  const base = {
    version: 1,
    instanceId: INSTANCE,
    action: 'terminate',
    deadline: DEADLINE,
    result: 'graceful',
    secondsToSpare: 50,
    attempt: 1,
    stages,
    tasks: [],
    acknowledged: [],
    refused: [],
  };
  return JSON.stringify({ ...base, ...more });
}

const isOfRebalance = ({ name }: { name: string }) => name === 'save' || name === 'report';
const done = (stdout: string, ...others: StepResult[]): Facts['invocations'] => [
  { status: 'Success', steps: [step('accept'), step('drain'), ...others, step('report', { stdout })] },
];
const late = { started: DEADLINE * 1000 + 1, exit: 169, status: 'Failed' } as const;

describe('the verdict', () => {
  const cases: {
    name: string;
    invocations?: Facts['invocations'];
    logPhases?: string[];
    outcome: Outcome;
  }[] = [
    { name: 'a report for this notice', invocations: done(report()), outcome: 'graceful' },
    { name: 'a report that says empty', invocations: done(report({ result: 'empty' })), outcome: 'empty' },
    {
      name: 'a report of another instance',
      invocations: done(report({ instanceId: 'i-00000000' })),
      outcome: 'unknown',
    },
    {
      name: 'a report of another deadline',
      invocations: done(report({ deadline: DEADLINE + 181 })),
      outcome: 'unknown',
    },
    {
      name: "a report of this notice by the metadata's time",
      invocations: done(report({ deadline: DEADLINE - 30 })),
      outcome: 'graceful',
    },
    {
      name: 'a report without a deadline',
      invocations: done(report({ deadline: null })),
      outcome: 'unknown',
    },
    {
      name: 'a report that the notice was withdrawn, so that stages were left out',
      invocations: done(report({ result: 'spared', stages: [] })),
      outcome: 'spared',
    },
    {
      name: 'a report of a recommendation, whose plan is save and report',
      invocations: done(
        report({ action: 'rebalance', stages: JSON.parse(report()).stages.filter(isOfRebalance) }),
      ),
      outcome: 'graceful',
    },
    {
      name: 'a report of an interruption with the stages of a recommendation',
      invocations: done(report({ stages: JSON.parse(report()).stages.filter(isOfRebalance) })),
      outcome: 'unknown',
    },
    { name: 'a report of another version', invocations: done(report({ version: 2 })), outcome: 'unknown' },
    {
      name: 'a report that leaves out a stage',
      invocations: done(report({ stages: [] })),
      outcome: 'unknown',
    },
    { name: 'a report that is cut', invocations: done(report().slice(0, -20)), outcome: 'unknown' },
    { name: 'success without a report', invocations: done(''), outcome: 'unknown' },
    {
      name: 'a graceful report against a failed stage in it',
      invocations: done(
        report({ stages: JSON.parse(report()).stages.map((stage: object) => ({ ...stage, exit: 20 })) }),
      ),
      outcome: 'failed',
    },
    {
      name: 'a graceful report after the deadline',
      invocations: done(
        report({
          stages: JSON.parse(report()).stages.map((stage: object) => ({ ...stage, ended: DEADLINE + 1 })),
        }),
      ),
      outcome: 'late',
    },
    {
      name: 'a graceful report against a step that failed',
      invocations: done(report(), step('save', { status: 'Failed', exit: 1 })),
      outcome: 'failed',
    },
    {
      name: 'a step killed by the agent',
      invocations: done('', step('save', { status: 'TimedOut', exit: 137 })),
      outcome: 'failed',
    },
    {
      name: 'a graceful report against a step killed by the agent',
      invocations: done(report(), step('save', { status: 'TimedOut', exit: 137 })),
      outcome: 'graceful',
    },
    {
      name: 'in progress at the reclaim',
      invocations: [{ status: 'InProgress', steps: [step('accept')] }],
      outcome: 'late',
    },
    {
      name: 'refused after the deadline',
      invocations: [{ status: 'Failed', steps: [step('accept', late)] }],
      outcome: 'late',
    },
    {
      name: 'refused in time',
      invocations: [{ status: 'Failed', steps: [step('accept', { ...late, started: 0 })] }],
      outcome: 'failed',
    },
    { name: 'never taken', invocations: [{ status: 'Pending', steps: [] }], outcome: 'unprotected' },
    { name: 'no command', outcome: 'unprotected' },
    { name: 'no command, event ignored', logPhases: [PHASES.ignored], outcome: 'unprotected' },
    { name: 'no command, no tag', logPhases: [PHASES.unguarded], outcome: 'unguarded' },
    { name: 'no command, seen too late', logPhases: [PHASES.late], outcome: 'late' },
    { name: 'a joined second command', invocations: [...done(''), ...done(report())], outcome: 'graceful' },
  ];
  it.each(cases)('on $name is $outcome', ({ invocations = [], logPhases = [], outcome }) => {
    expect(judge({ instanceId: INSTANCE, deadline: DEADLINE, logPhases, invocations }).outcome).toBe(outcome);
  });

  it('counts the seconds to spare from the end of the last stage', () => {
    const facts = { instanceId: INSTANCE, deadline: DEADLINE, logPhases: [] };
    expect(judge({ ...facts, invocations: done(report()) }).secondsToSpare).toBe(50);
    expect(
      judge({ ...facts, invocations: [{ status: 'InProgress', steps: [step('drain')] }] }).secondsToSpare,
    ).toBe(60);
    expect(judge({ ...facts, invocations: [] }).secondsToSpare).toBeNull();
  });
});
