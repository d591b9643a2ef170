// All that the functions do outside themselves. The list of calls is the list of permissions. Each call retries
// transient faults until `untilMs` (epoch milliseconds), and throws CallFailed when it is given up.
import type { OutcomeRecord } from '../contract/outcomes.ts';
import type { Ticket } from '../contract/ticket.ts';
import type { Command } from './domain/command.ts';
import type { Invocation, LeftReport, SpotRequest } from './domain/evidence.ts';
import type { Instance, KnownInstance } from './domain/instance.ts';
import type { DeadLetter, Waiting } from './domain/waiting.ts';

export interface RespondPorts {
  /** ec2:DescribeInstances. An unknown id is simply missing from the answer, and the answer's order is its own. */
  describeInstances(instanceIds: readonly string[], untilMs: number): Promise<readonly Instance[]>;

  /**
   * ssm:SendCommand. Returns the command's id. An attempt whose answer was lost may have been taken, so an instance
   * can get two commands.
   *
   * @throws SomeRefused
   */
  sendCommand(command: Command, untilMs: number): Promise<string>;

  /** Epoch milliseconds. */
  now(): number;
}

/** What the overflow queue asks for beside that. */
export interface OverflowPorts extends RespondPorts {
  /** sqs:ReceiveMessage. Up to so many, ten at most, of those that are there at this moment. */
  receive(most: number, untilMs: number): Promise<readonly Waiting[]>;

  /** sqs:SendMessage. As the following ones it names what failed, each with the reason, and does not throw for it. */
  leaveTickets(tickets: readonly Ticket[], untilMs: number): Promise<ReadonlyMap<Ticket, string>>;

  /** sqs:SendMessage, to the dead letters. */
  deadLetter(letters: readonly DeadLetter[], untilMs: number): Promise<ReadonlyMap<DeadLetter, string>>;

  /** sqs:DeleteMessage. */
  remove(messages: readonly Waiting[], untilMs: number): Promise<ReadonlyMap<Waiting, string>>;

  /** sqs:ChangeMessageVisibility. Each comes again after its seconds. */
  putOff(messages: readonly PutOff[], untilMs: number): Promise<ReadonlyMap<PutOff, string>>;
}

export interface PutOff {
  readonly message: Waiting;
  readonly seconds: number;
}

export interface SettlePorts {
  /** s3:ListBucket. Names of all objects that begin so. */
  listOutcomes(prefix: string, untilMs: number): Promise<readonly string[]>;

  /** ssm:ListCommandInvocations: SpotGuard's commands on the instance since then (epoch milliseconds). */
  commandsOn(instanceId: string, sinceMs: number, untilMs: number): Promise<readonly Invocation[]>;

  /** s3:ListBucket and s3:GetObject. What the guard of the instance left since then (epoch milliseconds). */
  reportsOf(instanceId: string, sinceMs: number, untilMs: number): Promise<readonly LeftReport[]>;

  /** ec2:DescribeInstances. Undefined where EC2 does not know it. */
  describeInstance(instanceId: string, untilMs: number): Promise<KnownInstance | undefined>;

  /** ec2:DescribeSpotInstanceRequests. Undefined where there is none, or EC2 has forgotten it. */
  describeSpotRequest(instanceId: string, untilMs: number): Promise<SpotRequest | undefined>;

  /** s3:PutObject, if there is none of this name. False where there is one, and it is another's. */
  claim(key: string, record: OutcomeRecord, untilMs: number): Promise<boolean>;

  /** Epoch milliseconds. */
  now(): number;
}

export interface CoveragePorts {
  /** ec2:DescribeSpotInstanceRequests. All that have one of the statuses. */
  spotRequestsWith(statuses: readonly string[], untilMs: number): Promise<readonly SpotRequest[]>;

  listOutcomes: SettlePorts['listOutcomes'];

  describeInstances: RespondPorts['describeInstances'];

  leaveTickets: OverflowPorts['leaveTickets'];

  /** Epoch milliseconds. */
  now(): number;
}

/** A call that is given up. `reason` is the service's own word (`ThrottlingException`) or the socket's (`ECONNRESET`). */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly reason: string;
  /** Another time it may work. */
  readonly isTransient: boolean;

  constructor(call: string, reason: string, cause?: unknown, isTransient = true) {
    super(`${call} failed: ${reason}`, { cause });
    this.reason = reason;
    this.isTransient = isTransient;
  }
}

/** SendCommand goes to none of its instances, because SSM refuses some of them. */
export class SomeRefused extends CallFailed {
  /** Instance ids in SSM's words; empty where there are none. */
  readonly named: readonly string[];

  constructor(call: string, reason: string, named: readonly string[], cause: unknown) {
    super(call, reason, cause, false);
    this.named = named;
  }
}
