// What a rehearsal hands out: the object of `--json`.
import { STAGES } from '../contract/document.ts';
import type { Outcome } from '../contract/outcomes.ts';
import { eventOf, type JournalLine } from './machine/journal.ts';
import type { ApiCall } from './region/endpoints/server.ts';
import type { Evidence, Scenario } from './scenario.ts';
import type { Entry } from './timeline.ts';
import type { NONE } from './verdict.ts';

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
  readonly outcome: Outcome | typeof NONE;
  readonly expected: Outcome | typeof NONE;
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
  /** Who says so. What the journal alone says, no proof of reaches AWS. */
  readonly stagesBy: 'report' | 'steps' | 'journal' | null;
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
  const { stages, stagesBy } = stageTimes(evidence);
  const receivedMs = invocations[0]?.command.receivedMs;
  const firstStage = stagesBy === 'journal' ? undefined : stages[0]?.started;
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
    stagesBy,
    apiCalls,
    events,
  };
}

/** By the report where there is one; else by the steps that SSM heard of; else by the guard's journal. */
function stageTimes({ verdict, invocations, journal }: Evidence): Pick<Outcomes, 'stages' | 'stagesBy'> {
  if (verdict.report) {
    const { stages } = verdict.report;
    return {
      stages: stages.map(({ name, started, ended, exit }) => ({ name, started, ended, exit })),
      stagesBy: 'report',
    };
  }
  const ofSteps = (invocations[0]?.steps ?? [])
    .filter(({ name, status }) => status !== 'Skipped' && STAGES.some((stage) => stage === name))
    .map(({ name, started, ended, exit }) => ({ name, started: started / 1000, ended: ended / 1000, exit }));
  if (ofSteps.length > 0) return { stages: ofSteps, stagesBy: 'steps' };
  const ofJournal = stagesOf(journal);
  return { stages: ofJournal, stagesBy: ofJournal.length > 0 ? 'journal' : null };
}

/** Of the last run of an interruption; where there is none, of the last run. */
function stagesOf(journal: readonly JournalLine[]): StageTimes[] {
  const runs = journal.map(({ run }) => run);
  const last = runs.findLast((run) => eventOf(run) === 'interruption') ?? runs.at(-1);
  return journal.flatMap(({ run, phase, stage: name = '', started, t: ended, exit }) =>
    run === last && phase === 'stageEnded' && started !== undefined && exit !== undefined
      ? [{ name, started, ended, exit }]
      : [],
  );
}
