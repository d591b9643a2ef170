// All that the functions do outside themselves. The list of calls is the list of permissions.

import type { Answered } from './domain/answered.ts';
import type { Command } from './domain/command.ts';
import type { Instance } from './domain/instance.ts';

export interface Ports {
  /**
   * ec2:DescribeInstances. An unknown id is simply missing from the answer, and the answer's order is its own.
   * Retries transient faults until `untilMs` (epoch milliseconds).
   * @throws CallFailed
   */
  describeInstances(instanceIds: readonly string[], untilMs: number): Promise<readonly Instance[]>;

  /**
   * ssm:SendCommand. Returns the command's id. Retries transient faults until `untilMs` (epoch milliseconds); an
   * attempt whose answer was lost may have been taken, so an instance can get two commands.
   * @throws CallFailed
   */
  sendCommand(command: Command, untilMs: number): Promise<string>;

  /** One log line, and what it counts. Nothing leaves before `publish`. */
  record(answered: Answered): void;

  /** Epoch milliseconds. */
  now(): number;
}

/** A call that is given up. `reason` is the service's own word (`ThrottlingException`) or the socket's (`ECONNRESET`). */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly reason: string;

  constructor(call: string, reason: string, cause?: unknown) {
    super(`${call} failed: ${reason}`, { cause });
    this.reason = reason;
  }
}
