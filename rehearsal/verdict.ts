// From what can be known after a reclaim to one outcome. Only a report or a finished step is proof; what is not
// proved is not claimed.
import { STAGES, type Stage } from '../contract/document.ts';
import { EXIT } from '../contract/instance.ts';
import { PHASES } from '../contract/log.ts';
import { REBALANCE } from '../contract/notices.ts';
import type { Outcome } from '../contract/outcomes.ts';
import { REPORT_VERSION, type Report, type Result } from '../contract/report.ts';
import type { InvocationStatus, StepResult } from './region/commands.ts';
import { isObject } from './template/template.ts';

/** As the guard has it (runs.py): two notices of one boot lie further apart. */
const SAME_NOTICE_SECONDS = 180;
const RESULTS: readonly string[] = ['graceful', 'empty', 'failed', 'spared'] satisfies Result[];
/** Work goes on after a recommendation. */
const REBALANCE_STAGES: readonly Stage[] = ['save', 'report'];

/** What SSM knows of one command on the instance when it is reclaimed. */
export interface KnownInvocation {
  readonly status: InvocationStatus;
  readonly steps: readonly StepResult[];
}

export interface Facts {
  readonly instanceId: string;
  /** Epoch seconds. */
  readonly deadline: number;
  /** `phase` of each line of the functions' log on this notice. */
  readonly logPhases: readonly string[];
  readonly invocations: readonly KnownInvocation[];
}

export interface Verdict {
  readonly outcome: Outcome;
  /** Why, in one line. */
  readonly because: string;
  /** Deadline minus the end of the last stage; null where no stage ended. */
  readonly secondsToSpare: number | null;
  readonly report: Report | null;
}

export function judge(facts: Facts): Verdict {
  const report =
    facts.invocations.map(({ steps }) => provenReport(steps, facts)).find((one) => one !== null) ?? null;
  const [outcome, because] = report ? fromReport(report, facts) : fromSteps(facts);
  const lastEnd = report ? lastOf(report.stages.map(({ ended }) => ended)) : lastOf(stageEnds(facts));
  const secondsToSpare = lastEnd === null ? null : Math.round((facts.deadline - lastEnd) * 1000) / 1000;
  return { outcome, because, secondsToSpare, report };
}

function fromReport(report: Report, { deadline, invocations }: Facts): [Outcome, string] {
  if (report.result === 'spared') return ['spared', "the guard's report, in time: the notice was withdrawn"];
  const wanted = report.action === REBALANCE ? REBALANCE_STAGES : STAGES;
  const missing = wanted.find((name) => !report.stages.some((stage) => stage.name === name));
  if (missing !== undefined) return ['unknown', `the report says nothing of the stage ${missing}`];
  if (report.stages.some(({ ended }) => ended > deadline))
    return ['late', 'a stage ended after the deadline'];
  const steps = invocations.flatMap((invocation) => invocation.steps);
  const failedStage = report.stages.find(({ exit }) => exit !== EXIT.ok);
  if (failedStage) return ['failed', `the stage ${failedStage.name} ended with exit ${failedStage.exit}`];
  // A step that the agent killed only followed the plan: what became of its stage, the report proves.
  const failedStep = steps.find(({ status }) => status === 'Failed');
  if (failedStep) return ['failed', `the step ${failedStep.name} failed, whatever the report says`];
  return [report.result, `the guard's report, in time: ${report.result}`];
}

function fromSteps({ logPhases, invocations, deadline }: Facts): [Outcome, string] {
  if (invocations.length === 0) {
    if (logPhases.includes(PHASES.unguarded)) return ['unguarded', 'the instance does not carry the tag'];
    if (logPhases.includes(PHASES.late)) return ['late', 'the notice was seen after its deadline'];
    return ['unprotected', 'no command was sent'];
  }
  if (invocations.every(({ status }) => status === 'Pending'))
    return ['unprotected', 'no agent took the command'];
  const steps = invocations.flatMap((invocation) => invocation.steps);
  if (steps.length === 0 && invocations.every(({ status }) => status === 'TimedOut'))
    return ['unprotected', 'no agent took the command before SSM gave it up'];
  const refused = steps.find(({ name, exit }) => name === 'accept' && exit === EXIT.refused);
  if (refused && refused.started / 1000 >= deadline)
    return ['late', 'the command came after the deadline and was refused'];
  if (invocations.some(({ status }) => status === 'InProgress'))
    return ['late', 'the reclaim came before the report'];
  const failed = steps.find(({ status }) => status === 'Failed' || status === 'TimedOut');
  if (failed) return ['failed', `the step ${failed.name} ended as ${failed.status} with exit ${failed.exit}`];
  return ['unknown', 'the steps ended well, but no report for this notice came out'];
}

/** The report of this very notice, or null: anything else proves nothing. */
function provenReport(steps: readonly StepResult[], { instanceId, deadline }: Facts): Report | null {
  const text = steps.find(({ name }) => name === 'report')?.stdout.trim();
  if (!text) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // a fault of the step, in words: no proof
  }
  if (!isObject(value) || value.version !== REPORT_VERSION || value.instanceId !== instanceId) return null;
  // By its moment, not by its number: the event of a notice and its metadata differ by seconds.
  if (!(Math.abs(Number(value.deadline) - deadline) <= SAME_NOTICE_SECONDS)) return null;
  if (!RESULTS.includes(String(value.result))) return null;
  return Array.isArray(value.stages) && Array.isArray(value.tasks) ? (value as unknown as Report) : null;
}

/** Epoch seconds at which SSM heard the end of a stage that ran. */
function stageEnds({ invocations }: Facts): number[] {
  return invocations
    .flatMap(({ steps }) => steps)
    .filter(({ name, status }) => status !== 'Skipped' && STAGES.some((stage) => stage === name))
    .map(({ ended }) => ended / 1000);
}

const lastOf = (times: readonly number[]): number | null => (times.length === 0 ? null : Math.max(...times));
