// The steps of a document as the SSM agent runs them, for a command and for State Manager alike. Where the agent is
// harsh (SIGKILL without a warning, waiting for held pipes), so is this.
import type { InvocationStatus, StepResult, StepStatus } from '../region/commands.ts';
import { type CommandDocument, type DocumentStep, substitute } from '../region/document.ts';
import { isObject, type Json, type JsonObject } from '../template/template.ts';

export interface RunOutput {
  readonly exit: number;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StepScript {
  readonly commandId: string;
  readonly step: string;
  readonly text: string;
  readonly timeoutSeconds: number;
}

/** A shorter patience with one step than the document asks for. */
export interface KillsStep {
  readonly step: string;
  readonly afterSeconds: number;
}

export interface Work {
  /** Of the command, or of the association's execution. */
  readonly id: string;
  readonly document: CommandDocument;
  readonly parameters: Readonly<Record<string, string>>;
  readonly runScript: (script: StepScript) => Promise<RunOutput>;
  readonly killsStep?: KillsStep;
  /** The machine is gone: nothing more is run or told. */
  readonly isOver: () => boolean;
  readonly onStep: (step: StepResult) => void;
  /** What the machine takes for the time, in epoch milliseconds; Date.now where absent. */
  readonly now?: () => number;
}

/** How all of it ended; undefined where the machine went before. */
export async function runSteps(work: Work): Promise<InvocationStatus | undefined> {
  const statuses: StepStatus[] = [];
  let skipRest = false;
  for (const step of work.document.steps) {
    const result = await runStep(work, step, skipRest);
    if (work.isOver()) return undefined;
    statuses.push(result.status);
    work.onStep(result);
    const leaves = isObject(step.inputs) && step.inputs.onFailure === 'exit' && result.status === 'Failed';
    skipRest ||= leaves || result.exit === 168 || result.exit === 169;
  }
  return statuses.includes('Failed') ? 'Failed' : statuses.includes('TimedOut') ? 'TimedOut' : 'Success';
}

async function runStep(work: Work, step: DocumentStep, skip: boolean): Promise<StepResult> {
  const { parameters, document, id, killsStep, runScript, now = Date.now } = work;
  const started = now();
  const done = (status: StepStatus, exit: number, stdout = '', stderr = ''): StepResult => ({
    name: step.name,
    status,
    exit,
    started,
    ended: now(),
    stdout,
    stderr,
  });
  if (skip) return done('Skipped', -1);
  for (const [name, { allowedPattern }] of Object.entries(document.parameters)) {
    if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(parameters[name] ?? '')) {
      return done('Failed', 1, '', `parameter ${name} does not match ${allowedPattern}`);
    }
  }
  const precondition = checkPrecondition(step.precondition);
  if (precondition !== 'met') {
    return precondition === 'unmet' ? done('Skipped', -1) : done('Failed', 1, '', precondition);
  }
  if (step.action !== 'aws:runShellScript') return done('Failed', 1, '', `unknown action ${step.action}`);
  const inputs = substitute(step.inputs, parameters) as JsonObject;
  if (!Array.isArray(inputs.runCommand)) return done('Failed', 1, '', 'runCommand must be an array');
  const output = await runScript({
    commandId: id,
    step: step.name,
    text: inputs.runCommand.map(String).join('\n'),
    timeoutSeconds:
      killsStep?.step === step.name ? killsStep.afterSeconds : stepTimeout(inputs.timeoutSeconds),
  });
  return done(statusOf(output), output.exit, output.stdout, output.stderr);
}

/** 5 to 172,800 seconds; anything else silently means an hour. */
export function stepTimeout(value: Json | undefined): number {
  const seconds =
    typeof value === 'string' || typeof value === 'number' ? Math.trunc(Number(value)) : Number.NaN;
  return seconds >= 5 && seconds <= 172_800 ? seconds : 3600;
}

function statusOf({ exit, timedOut }: RunOutput): StepStatus {
  if (timedOut || exit === 137) return 'TimedOut';
  return exit === 0 || exit === 168 || exit === 194 ? 'Success' : 'Failed';
}

function checkPrecondition(precondition: Json | undefined): 'met' | 'unmet' | string {
  if (precondition === undefined) return 'met';
  if (!isObject(precondition)) return 'precondition must be a map';
  for (const [operator, args] of Object.entries(precondition)) {
    if (operator !== 'StringEquals') return `precondition operator ${operator} is unknown`;
    if (!Array.isArray(args) || args.length !== 2) return 'StringEquals takes two arguments';
    const [variable, wanted] = args.map(String);
    if (variable !== 'platformType') return `precondition variable ${variable} is unknown`;
    if (wanted?.toLowerCase() !== 'linux') return 'unmet';
  }
  return 'met';
}
