// What came of a run, in shares of the instances that can be reached: guarded, and known to SSM.
import { deadlineOf, type Member } from './fleet.ts';
import type { World } from './world.ts';

export interface Result {
  /** Shares, from 0 to 1, for which SSM had taken a command so many seconds after the notice, or by the deadline. */
  readonly reachedWithin10s: number;
  readonly reachedWithin60s: number;
  readonly reachedInTime: number;
  /** The share whose agent had begun with it by the deadline. */
  readonly startedInTime: number;
  /** Instances without a command by their deadline. */
  readonly lost: number;
  /** Notices, foreign ones too, of which the design itself cannot say what became of them. */
  readonly withoutEnd: number;
  /** Seconds from the notice to the command, of those that got one in time; null where none did. */
  readonly p50S: number | null;
  readonly p99S: number | null;
  readonly lastS: number | null;
  /** Of EC2 and SSM, those that were throttled too. */
  readonly calls: number;
}

export function resultOf({ fleet, apis }: World): Result {
  const reachable = fleet.members.filter(({ guarded, registered }) => guarded && registered);
  const inTime = reachable.filter((member) => (member.sentMs ?? Infinity) <= deadlineOf(member));
  const share = (count: number): number => (reachable.length === 0 ? 1 : count / reachable.length);
  const within = (seconds: number): number =>
    share(inTime.filter((member) => secondsTo(member) <= seconds).length);
  const seconds = inTime.map(secondsTo).sort((one, other) => one - other);
  return {
    reachedWithin10s: within(10),
    reachedWithin60s: within(60),
    reachedInTime: share(inTime.length),
    startedInTime: share(
      reachable.filter((member) => (member.reachedMs ?? Infinity) <= deadlineOf(member)).length,
    ),
    lost: reachable.length - inTime.length,
    withoutEnd: fleet.members.filter(({ end }) => end === undefined).length,
    p50S: quantile(seconds, 0.5),
    p99S: quantile(seconds, 0.99),
    lastS: quantile(seconds, 1),
    calls: apis.calls.DescribeInstances + apis.calls.SendCommand,
  };
}

/** From the event to the command. */
export const secondsTo = ({ sentMs = Infinity, emittedMs }: Member): number => (sentMs - emittedMs) / 1000;

function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
