// All that the functions do outside themselves. The list of calls is the list of permissions. Each call retries
// transient faults until `untilMs` (epoch milliseconds), and throws CallFailed when it is given up.
import type { FleetRequest } from '../contract/fleet.ts';
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

/** A queue that a function reads: Lambda hands over ten messages at most, and it draws the others itself. */
export interface QueuePorts {
  /** sqs:ReceiveMessage. Up to so many, ten at most, of those that are there at this moment. */
  receive(most: number, untilMs: number): Promise<readonly Waiting[]>;

  /** sqs:SendMessage, to the dead letters. As the following ones it names what failed, and does not throw for it. */
  deadLetter(letters: readonly DeadLetter[], untilMs: number): Promise<ReadonlyMap<DeadLetter, string>>;

  /** sqs:DeleteMessage. */
  remove(messages: readonly Waiting[], untilMs: number): Promise<ReadonlyMap<Waiting, string>>;

  /** sqs:ChangeMessageVisibility. Each comes again after its seconds. */
  putOff(messages: readonly PutOff[], untilMs: number): Promise<ReadonlyMap<PutOff, string>>;

  /** Epoch milliseconds. */
  now(): number;
}

/** What the overflow queue asks for. */
export interface OverflowPorts extends RespondPorts, QueuePorts {
  /** sqs:SendMessage. As the following one it names what failed, each with the reason, and does not throw for it. */
  leaveTickets(tickets: readonly Ticket[], untilMs: number): Promise<ReadonlyMap<Ticket, string>>;

  /** sqs:SendMessage. */
  leaveRequests(
    requests: readonly FleetRequest[],
    untilMs: number,
  ): Promise<ReadonlyMap<FleetRequest, string>>;
}

export interface PutOff {
  readonly message: Waiting;
  readonly seconds: number;
}

/** A target of a target group. */
export interface Target {
  readonly id: string;
  readonly port: number | undefined;
  /** It gets no new connections any more. */
  readonly draining: boolean;
}

export interface GroupMember {
  readonly instanceId: string;
  readonly group: string;
  /** Auto Scaling's word: `InService`, `Terminating:Wait`, ... */
  readonly lifecycleState: string;
}

export interface ScalingGroup {
  readonly name: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly capacityRebalance: boolean;
  /** Processes that somebody has suspended, such as `Launch`. */
  readonly suspended: readonly string[];
}

export interface FleetPorts extends QueuePorts {
  /** tag:GetResources. ARNs of the target groups that carry this tag. */
  targetGroupsTagged(key: string, value: string, untilMs: number): Promise<readonly string[]>;

  /** elasticloadbalancing:DescribeTargetHealth. All targets of the group, each with its port. */
  targetsOf(targetGroup: string, untilMs: number): Promise<readonly Target[]>;

  /** elasticloadbalancing:DeregisterTargets. */
  deregister(targetGroup: string, targets: readonly Target[], untilMs: number): Promise<void>;

  /** autoscaling:DescribeAutoScalingInstances. One that is in no group is simply missing from the answer. */
  groupMembers(instanceIds: readonly string[], untilMs: number): Promise<readonly GroupMember[]>;

  /** autoscaling:DescribeAutoScalingGroups. */
  scalingGroups(names: readonly string[], untilMs: number): Promise<readonly ScalingGroup[]>;

  /**
   * autoscaling:DetachInstances, 20 at most. The group keeps its desired capacity, and so launches others.
   *
   * @throws SomeRefused
   */
  detach(group: string, instanceIds: readonly string[], untilMs: number): Promise<void>;
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

/** The call is done for none of its instances, because some of them are refused. */
export class SomeRefused extends CallFailed {
  /** Instance ids in the refusal's words; empty where there are none. */
  readonly named: readonly string[];

  constructor(call: string, reason: string, named: readonly string[], cause: unknown) {
    super(call, reason, cause, false);
    this.named = named;
  }
}
