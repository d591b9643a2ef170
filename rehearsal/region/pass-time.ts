// After the reclaim: the Region's time is skipped from one thing that happens to the next, until every ticket is settled
// and what runs on a schedule has had its turns.
import { deliveriesOf, type Permission, type Schedule } from './bus.ts';
import type { Clock } from './clock.ts';
import { type Invoked, type ReadQueue, readOnce } from './event-source.ts';

export interface Passing {
  readonly clock: Clock;
  readonly sources: readonly ReadQueue[];
  readonly schedules: readonly Schedule[];
  readonly permissions: readonly Permission[];
  readonly functions: readonly Invoked[];
  readonly onProblem: (problem: string) => void;
}

/** A ticket that is never done with ends in the dead-letter queue long before. */
const MOST_MS = 6 * 3_600_000;

/** Epoch milliseconds: schedules run at least until then. */
export async function passTime(passing: Passing, untilMs: number, signal: AbortSignal): Promise<void> {
  const { clock, sources, schedules } = passing;
  const endMs = clock.now() + MOST_MS;
  const ticks = schedules.map((schedule) => ({ schedule, atMs: clock.now() + schedule.everyMs }));
  while (clock.now() < endMs && !signal.aborted) {
    const waiting = sources.flatMap(({ queue }) => queue.nextVisibleMs() ?? []);
    const next = Math.min(...waiting, ...ticks.map(({ atMs }) => atMs));
    if (next > untilMs && waiting.length === 0) return;
    clock.skipTo(next);
    for (const source of sources) await drain(source, passing);
    for (const tick of ticks) {
      if (tick.atMs > clock.now()) continue;
      tick.atMs += tick.schedule.everyMs;
      await run(tick.schedule, passing);
    }
  }
  if (!signal.aborted)
    passing.onProblem('expected every ticket to be settled or dead-lettered, got none of both');
}

async function drain(source: ReadQueue, { onProblem }: Passing): Promise<void> {
  try {
    while ((await readOnce(source)) > 0);
  } catch (error) {
    // Nobody reads it, ever: what waits there would be waited for.
    onProblem(error instanceof Error ? error.message : String(error));
    for (const { receiptHandle } of source.queue.receiveNow(Number.MAX_SAFE_INTEGER)) {
      source.queue.delete(receiptHandle);
    }
  }
}

/** EventBridge's call, and no try again: that is for the next turn. */
async function run({ rule }: Schedule, { permissions, functions, onProblem }: Passing): Promise<void> {
  for (const { target, refusedBecause } of deliveriesOf(rule, permissions)) {
    const invoked = functions.find(({ spec }) => spec.arn === target.arn);
    if (!invoked)
      throw new Error(`rule ${rule.name} targets ${target.arn}, which is no function of the template`);
    if (refusedBecause !== undefined) onProblem(`rule ${rule.name} may not invoke ${invoked.spec.name}`);
    else await invoked.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
  }
}
