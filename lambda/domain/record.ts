// The outcome object: what the verdict and the proof say, in numbers.
import { STAGES, type Stage } from '../../contract/document.ts';
import { EXIT } from '../../contract/instance.ts';
import { OUTCOME_VERSION, type Outcome, type OutcomeRecord } from '../../contract/outcomes.ts';
import type { Report } from '../../contract/report.ts';
import { type Evidence, type Step, stepsOf } from './evidence.ts';
import type { Verdict } from './outcome.ts';

/** What is proven of a stage. Times are epoch milliseconds. */
interface EndedStage {
  readonly name: Stage;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly exit: number;
}

/** Of a stage that ran. With any other code it never began, or nobody knows what became of it. */
const ENDED: readonly number[] = [EXIT.ok, EXIT.failed, EXIT.overran];

const EXIT_WORDS: Readonly<Record<number, string>> = {
  [EXIT.refused]: 'refused',
  [EXIT.failed]: 'a task failed',
  [EXIT.overran]: 'it ran over and was ended',
  [EXIT.skipped]: 'its moment had passed',
  [EXIT.lost]: 'the run ended without a word on it',
};
/** Characters of a task's name and of its note: they are a user's. */
const SHOWN_CHARS = 80;

/** @param claim what makes this writer's object tell from another's */
export function recordOf(
  evidence: Evidence,
  { outcome, because, proven, deadline }: Verdict & { readonly outcome: Outcome },
  claim: string,
): OutcomeRecord {
  const { ticket, noticeMs, nowMs, instance, spotRequest } = evidence;
  const { invocations, proof, refused } = proven;
  const report = proof?.report;
  const steps = invocations.flatMap(stepsOf);
  const stages = report === undefined ? stagesBySteps(steps) : stagesByReport(report);
  const failed =
    report === undefined ? failedStep(invocations.flatMap((one) => one.steps)) : failedIn(report);
  const since = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms - noticeMs));
  const last = stages.at(-1);
  const saved = stages.find(({ name, exit }) => name === 'save' && exit === EXIT.ok);
  return withoutUndefined({
    version: OUTCOME_VERSION,
    instanceId: ticket.instanceId,
    action: ticket.action,
    noticeTime: ticket.noticeTime,
    deadline: rfc3339(deadline * 1000),
    outcome,
    because,
    secondsToSpare:
      last?.endedMs === undefined ? undefined : Math.round(deadline * 1000 - last.endedMs) / 1000,
    noticeToCommandMs: since(ticket.sentMs),
    noticeToFirstStageMs: since(stages[0]?.startedMs),
    noticeToSavedMs: since(saved?.endedMs),
    lastStage: last?.name,
    failedStage: failed?.stage,
    failedReason: failed?.reason,
    failedNote: failed?.note,
    bytesSaved: report?.bytesSaved,
    pool: instance?.pool,
    left: ticket.left,
    reason: ticket.reason,
    provenBy: proof?.by ?? (stages.length > 0 ? 'command' : undefined),
    commandIds: invocations.map(({ commandId }) => commandId),
    instanceState: instance?.state,
    spotStatus: spotRequest?.status,
    refusedReports: refused.length === 0 ? undefined : refused,
    settings: ticket.settings,
    report,
    settledAt: rfc3339(nowMs),
    claim,
  });
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString();

function stagesByReport({ stages }: Report): EndedStage[] {
  return stages.map(({ name, started, ended, exit }) => ({
    name,
    startedMs: started * 1000,
    endedMs: ended * 1000,
    exit,
  }));
}

/** Those that ran and ended by their moment; the first word on each, where several commands followed one plan. */
function stagesBySteps(steps: readonly Step[]): EndedStage[] {
  return STAGES.flatMap((name) => {
    const step = steps.find(
      (one) => one.name === name && ENDED.includes(one.exit) && one.endedMs !== undefined,
    );
    return step === undefined ? [] : [{ ...step, name }];
  });
}

interface Failed {
  readonly stage: Stage | 'accept';
  /** In constant words, and the task's name: for the log too. */
  readonly reason: string;
  /** What the task said itself: for the object alone. */
  readonly note: string | undefined;
}

function failedIn({ stages, tasks }: Report): Failed | undefined {
  const stage = stages.find(({ exit }) => exit !== EXIT.ok);
  if (stage === undefined) return undefined;
  const task = tasks.find((one) => one.stage === stage.name && one.exit !== EXIT.ok);
  if (task === undefined) return { stage: stage.name, reason: exitWords(stage.exit), note: undefined };
  return {
    stage: stage.name,
    reason: `${exitWords(stage.exit)}: ${printable(task.name)}, exit ${task.exit}`,
    note: task.note === undefined ? undefined : printable(task.note),
  };
}

function failedStep(steps: readonly Step[]): Failed | undefined {
  const step = steps.find(({ exit }) => exit > 0);
  const stage = (['accept', ...STAGES] as const).find((name) => name === step?.name);
  if (step === undefined || stage === undefined) return undefined;
  const words = printable(step.output.trim().split('\n').at(-1) ?? '');
  return { stage, reason: exitWords(step.exit), note: words === '' ? undefined : words };
}

function exitWords(exit: number): string {
  return EXIT_WORDS[exit] ?? `exit ${exit}`;
}

function printable(text: string): string {
  return text.slice(0, SHOWN_CHARS).replace(/[^\x20-\x7e]/g, '?');
}

type Possible<T> = { readonly [key in keyof T]: T[key] | undefined };

/** What is not known is absent. */
function withoutUndefined(record: Possible<Required<OutcomeRecord>>): OutcomeRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as OutcomeRecord;
}
