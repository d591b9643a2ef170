// The use case: one outcome for each notice. It gathers what there is of proof, decides, and claims the outcome.
import type { OutcomeRecord } from '../../contract/outcomes.ts';
import { ASK_AGAIN_SECONDS, SETTLE_AFTER_SECONDS, type Ticket } from '../../contract/ticket.ts';
import { type Evidence, isNobodys } from '../domain/evidence.ts';
import { judge } from '../domain/outcome.ts';
import { earliestMs, isOf, outcomeKey, prefixesOf } from '../domain/outcome-key.ts';
import { recordOf } from '../domain/record.ts';
import type { SettlePorts } from '../ports.ts';

export type Settlement =
  /** The ticket is to be read again in so many seconds. */
  | { readonly kind: 'later'; readonly seconds: number; readonly because: string }
  | { readonly kind: 'already'; readonly key: string }
  /** Found afterwards, and nothing says that the instance was guarded: no outcome is claimed. */
  | { readonly kind: 'unguarded' }
  | { readonly kind: 'settled'; readonly key: string; readonly record: OutcomeRecord };

/** Seconds. AWS's clocks and this one differ by less. */
const SKEW_SECONDS = 5;

/**
 * Tickets of one instance must come one after the other: what looks for the outcome of a notice then finds it. One that
 * comes twice, or for a notice whose event came twice, changes nothing.
 *
 * @param noticeMs epoch milliseconds of the ticket's notice
 * @param claim what no other call has: by it this one knows its own object again
 * @throws CallFailed
 */
export async function settle(
  { ticket, noticeMs }: { readonly ticket: Ticket; readonly noticeMs: number },
  claim: string,
  untilMs: number,
  ports: SettlePorts,
): Promise<Settlement> {
  const nowMs = ports.now();
  const early = ticket.deadline + SETTLE_AFTER_SECONDS - nowMs / 1000;
  if (early > 0) return { kind: 'later', seconds: Math.ceil(early), because: 'its deadline has not passed' };
  const notice = { ...ticket, noticeMs };
  const prefixes = prefixesOf(notice).map((day) => `${day}${ticket.instanceId}`);
  const keys = (await Promise.all(prefixes.map((each) => ports.listOutcomes(each, untilMs)))).flat();
  const already = keys.find((each) => isOf(each, notice));
  if (already !== undefined) return { kind: 'already', key: already };
  const evidence = await gather(ticket, noticeMs, untilMs, ports);
  const verdict = judge(evidence);
  const { outcome } = verdict;
  if (outcome === 'again') {
    return { kind: 'later', seconds: Math.ceil(early) + ASK_AGAIN_SECONDS, because: verdict.because };
  }
  if (isNobodys(evidence)) return { kind: 'unguarded' };
  const key = outcomeKey(notice);
  const record = recordOf(evidence, { ...verdict, outcome }, claim);
  const claimed = await ports.claim(key, record, untilMs);
  return claimed ? { kind: 'settled', key, record } : { kind: 'already', key };
}

async function gather(
  ticket: Ticket,
  noticeMs: number,
  untilMs: number,
  ports: SettlePorts,
): Promise<Evidence> {
  const { instanceId } = ticket;
  const near = ticket.left === 'lost' ? earliestMs({ ...ticket, noticeMs }) : noticeMs;
  const sinceMs = near - SKEW_SECONDS * 1000;
  const [commands, reports, instance, spotRequest] = await Promise.all([
    ports.commandsOn(instanceId, sinceMs, untilMs),
    ports.reportsOf(instanceId, sinceMs, untilMs),
    ports.describeInstance(instanceId, untilMs),
    ports.describeSpotRequest(instanceId, untilMs),
  ]);
  return { ticket, noticeMs, nowMs: ports.now(), commands, reports, instance, spotRequest };
}
