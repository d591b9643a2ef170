// What SSM knows of the commands sent: who was to run them, and each finished step that an agent reported.
import type { CommandDocument } from './document.ts';

export type StepStatus = 'Success' | 'Failed' | 'TimedOut' | 'Skipped';
export type InvocationStatus = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut';

/** Times are epoch milliseconds. */
export interface StepResult {
  readonly name: string;
  readonly status: StepStatus;
  /** -1 where nothing ran. */
  readonly exit: number;
  readonly started: number;
  readonly ended: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly id: string;
  readonly document: CommandDocument;
  readonly parameters: Readonly<Record<string, string>>;
  readonly comment: string;
  readonly instanceIds: readonly string[];
  readonly receivedMs: number;
  /** Undelivered at this age in seconds, it is not delivered any more. */
  readonly timeoutSeconds: number;
}

export interface Invocation {
  readonly command: Command;
  readonly instanceId: string;
  status: InvocationStatus;
  readonly steps: StepResult[];
}

export class Commands {
  readonly invocations: Invocation[] = [];
  readonly #listeners: ((invocation: Invocation) => void)[] = [];

  /** Called for each invocation that is new. */
  onSent(listener: (invocation: Invocation) => void): void {
    this.#listeners.push(listener);
  }

  send(command: Command): void {
    for (const instanceId of command.instanceIds) {
      const invocation: Invocation = { command, instanceId, status: 'Pending', steps: [] };
      this.invocations.push(invocation);
      for (const listener of this.#listeners) listener(invocation);
    }
  }

  of(instanceId: string): Invocation[] {
    return this.invocations.filter((invocation) => invocation.instanceId === instanceId);
  }

  find(commandId: string, instanceId: string): Invocation | undefined {
    return this.of(instanceId).find(({ command }) => command.id === commandId);
  }

  /** The agent has it. False where the service does not deliver it any more. */
  deliver(invocation: Invocation, nowMs: number): boolean {
    const { receivedMs, timeoutSeconds } = invocation.command;
    if (nowMs - receivedMs > timeoutSeconds * 1000) {
      invocation.status = 'TimedOut';
      return false;
    }
    invocation.status = 'InProgress';
    return true;
  }
}
