// The SSM agent of one instance: five commands at a time, first come first served.
import type { Commands, Invocation, StepResult } from '../region/commands.ts';
import { type KillsStep, type RunOutput, runSteps, type StepScript } from './steps.ts';

/** CommandWorkersLimit. */
const WORKERS = 5;

export interface AgentOptions {
  readonly instanceId: string;
  readonly commands: Commands;
  readonly runScript: (script: StepScript) => Promise<RunOutput>;
  /** Epoch milliseconds from which on it takes commands; before, it is offline. Infinity: it never comes back. */
  readonly pickUpAtMs: number;
  /** For so many milliseconds from now, commands of others take all of its workers. */
  readonly busyMs?: number;
  /** A shorter patience with one step than the document asks for. */
  readonly killsStep?: KillsStep;
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
    const { command, steps } = invocation;
    const { runScript, killsStep, onStep } = this.#options;
    invocation.status =
      (await runSteps({
        id: command.id,
        document: command.document,
        parameters: command.parameters,
        runScript,
        ...(killsStep === undefined ? {} : { killsStep }),
        isOver: () => this.#stopped,
        onStep: (step) => {
          steps.push(step);
          onStep(invocation, step);
        },
      })) ?? invocation.status;
  }
}
