// What a rehearsal hands out: the object of `--json`.
import { STAGES } from '../contract/document.ts';
import type { Outcome } from '../contract/outcomes.ts';
import type { ApiCall } from './region/endpoints/server.ts';
import type { Evidence, Scenario } from './scenario.ts';
import type { Entry } from './timeline.ts';

export interface StageTimes {
  readonly name: string;
  /** Epoch seconds, as `ended`. */
  readonly started: number;
  readonly ended: number;
  readonly exit: number;
}

export interface Outcomes {
  readonly scenario: string;
  /** Seconds from the dispatch to the deadline. */
  readonly window: number;
  readonly outcome: Outcome;
  readonly expected: Outcome;
  /** The expected outcome, and no problem. */
  readonly asExpected: boolean;
  readonly because: string;
  readonly problems: readonly string[];
  readonly secondsToSpare: number | null;
  /** From the dispatch to SendCommand; null where none came. */
  readonly noticeToCommandMs: number | null;
  /** From SendCommand to the start of the first stage. */
  readonly commandToStageMs: number | null;
  readonly stages: readonly StageTimes[];
  readonly apiCalls: readonly ApiCall[];
  readonly events: readonly Entry[];
  /** Policy statements of the template that decided nothing here. */
  readonly statementsUnused: readonly string[];
}

export function summarise(
  scenario: Scenario,
  evidence: Evidence,
  problems: readonly string[],
  dispatchedMs: number,
  events: readonly Entry[],
): Omit<Outcomes, 'statementsUnused'> {
  const { verdict, invocations, windowSeconds, apiCalls } = evidence;
  const stages = stageTimes(evidence);
  const receivedMs = invocations[0]?.command.receivedMs;
  const firstStage = stages[0]?.started;
  return {
    scenario: scenario.name,
    window: windowSeconds,
    outcome: verdict.outcome,
    expected: scenario.expected,
    asExpected: problems.length === 0,
    because: verdict.because,
    problems,
    secondsToSpare: verdict.secondsToSpare,
    noticeToCommandMs: receivedMs === undefined ? null : receivedMs - dispatchedMs,
    commandToStageMs:
      receivedMs === undefined || firstStage === undefined
        ? null
        : Math.round(firstStage * 1000 - receivedMs),
    stages,
    apiCalls,
    events,
  };
}

/** By the report where there is one; else by the steps that SSM heard of. */
function stageTimes({ verdict, invocations }: Evidence): StageTimes[] {
  if (verdict.report) {
    return verdict.report.stages.map(({ name, started, ended, exit }) => ({ name, started, ended, exit }));
  }
  return (invocations[0]?.steps ?? [])
    .filter(({ name, status }) => status !== 'Skipped' && STAGES.some((stage) => stage === name))
    .map(({ name, started, ended, exit }) => ({ name, started: started / 1000, ended: ended / 1000, exit }));
}
