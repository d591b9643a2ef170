// The SSM agent of one instance: five commands at a time, first come first served, and the steps of each as the
// real agent runs them. Where it is harsh (SIGKILL without a warning, waiting for held pipes), so is this.
import type { Commands, Invocation, StepResult, StepStatus } from '../region/commands.ts';
import { type DocumentStep, substitute } from '../region/document.ts';
import { isObject, type Json, type JsonObject } from '../template/template.ts';

/** CommandWorkersLimit. */
const WORKERS = 5;

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

export interface AgentOptions {
  readonly instanceId: string;
  readonly commands: Commands;
  readonly runScript: (script: StepScript) => Promise<RunOutput>;
  /** Epoch milliseconds from which on it takes commands; before, it is offline. Infinity: it never comes back. */
  readonly pickUpAtMs: number;
  /** For so many milliseconds from now, commands of others take all of its workers. */
  readonly busyMs?: number;
  /** A shorter patience with one step than the document asks for. */
  readonly killsStep?: { readonly step: string; readonly afterSeconds: number };
  readonly onStarted: (invocation: Invocation) => void;
  readonly onStep: (invocation: Invocation, step: StepResult) => void;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #queue: Invocation[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #running = 0;
  #stopped = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    options.commands.onSent((invocation) => this.#notify(invocation));
    if (options.busyMs !== undefined) {
      for (let worker = 1; worker <= WORKERS; worker += 1)
        void this.#workForOthers(worker, options.busyMs / 1000);
    }
  }

  /** The machine is gone: nothing more is taken, run or reported. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #notify(invocation: Invocation): void {
    const { instanceId, pickUpAtMs } = this.#options;
    if (invocation.instanceId !== instanceId) return;
    if (pickUpAtMs === Number.POSITIVE_INFINITY) return;
    this.#timers.push(setTimeout(() => this.#take(invocation), Math.max(0, pickUpAtMs - Date.now())));
  }

  async #workForOthers(worker: number, seconds: number): Promise<void> {
    this.#running += 1;
    const text = `#!/bin/sh\nsleep ${seconds}\n`;
    await this.#options.runScript({ commandId: `other-${worker}`, step: 'work', text, timeoutSeconds: 3600 });
    this.#running -= 1;
    if (!this.#stopped) this.#work();
  }

  /** The service hears InProgress when a command is queued here, not when it starts. */
  #take(invocation: Invocation): void {
    if (this.#stopped || !this.#options.commands.deliver(invocation, Date.now())) return;
    this.#queue.push(invocation);
    this.#work();
  }

  #work(): void {
    while (this.#running < WORKERS) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#running += 1;
      void this.#run(next).finally(() => {
        this.#running -= 1;
        if (!this.#stopped) this.#work();
      });
    }
  }

  async #run(invocation: Invocation): Promise<void> {
    this.#options.onStarted(invocation);
    let skipRest = false;
    for (const step of invocation.command.document.steps) {
      const result = await this.#step(invocation, step, skipRest);
      if (this.#stopped) return;
      invocation.steps.push(result);
      this.#options.onStep(invocation, result);
      const leaves = isObject(step.inputs) && step.inputs.onFailure === 'exit' && result.status === 'Failed';
      skipRest ||= leaves || result.exit === 168 || result.exit === 169;
    }
    const has = (status: StepStatus): boolean => invocation.steps.some((step) => step.status === status);
    invocation.status = has('Failed') ? 'Failed' : has('TimedOut') ? 'TimedOut' : 'Success';
  }

  async #step(invocation: Invocation, step: DocumentStep, skip: boolean): Promise<StepResult> {
    const { parameters, document, id } = invocation.command;
    const started = Date.now();
    const done = (status: StepStatus, exit: number, stdout = '', stderr = ''): StepResult => ({
      name: step.name,
      status,
      exit,
      started,
      ended: Date.now(),
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
    const { killsStep, runScript } = this.#options;
    const output = await runScript({
      commandId: id,
      step: step.name,
      text: inputs.runCommand.map(String).join('\n'),
      timeoutSeconds:
        killsStep?.step === step.name ? killsStep.afterSeconds : stepTimeout(inputs.timeoutSeconds),
    });
    return done(statusOf(output), output.exit, output.stdout, output.stderr);
  }
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
