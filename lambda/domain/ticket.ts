// Tickets: made of what became of a notice, and read again when its deadline has passed.
import { ACTIONS, REBALANCE } from '../../contract/notices.ts';
import { LEFT, TICKET_VERSION, type Ticket } from '../../contract/ticket.ts';
import type { AnsweredNotice } from './answered.ts';
import { readObject } from './json.ts';
import { epochMs, INSTANCE_ID, LONGEST_LEAD_MS } from './notice.ts';

/** None for what asks for no outcome: an instance that is not guarded, a recommendation that is declined. */
export function ticketOf(answered: AnsweredNotice, document: string): Ticket | undefined {
  const { phase, notice, settings } = answered;
  if (phase === 'unguarded' || phase === 'declined') return undefined;
  const { instanceId, action, noticeTime, deadline, eventId } = notice;
  return {
    version: TICKET_VERSION,
    instanceId,
    action,
    noticeTime,
    deadline,
    left: phase,
    // Before the tags were looked at, or where EC2 did not tell them, nobody knows.
    guarded: phase === 'unreachable' || settings !== undefined,
    ...('reason' in answered ? { reason: answered.reason } : {}),
    ...(phase === 'commandSent' ? { commandId: answered.commandId, document, sentMs: answered.sentMs } : {}),
    ...(eventId === undefined ? {} : { eventId }),
    ...(settings === undefined ? {} : { settings }),
  };
}

/** The ticket with its notice's time, or what is wrong with it. */
export function parseTicket(
  body: string,
): { readonly ticket: Ticket; readonly noticeMs: number } | { readonly fault: string } {
  const said = readObject(body);
  if (typeof said === 'string') return { fault: said };
  const ticket = said as Ticket;
  if (ticket.version !== TICKET_VERSION) return { fault: 'unknown version' };
  if (typeof ticket.instanceId !== 'string' || !INSTANCE_ID.test(ticket.instanceId)) {
    return { fault: 'malformed instanceId' };
  }
  if (![...ACTIONS, REBALANCE].some((action) => action === ticket.action)) return { fault: 'unknown action' };
  const noticeMs = epochMs(ticket.noticeTime);
  if (noticeMs === undefined) return { fault: 'malformed noticeTime' };
  const {
    deadline,
    earlierSeconds = 0,
    commandId = '',
    document = '',
    sentMs = 0,
    guarded,
    reason = '',
  } = ticket;
  const lead = deadline * 1000 - noticeMs;
  if (!(Number.isInteger(deadline) && lead > -1_000 && lead <= LONGEST_LEAD_MS)) {
    return { fault: 'malformed deadline' };
  }
  if (!LEFT.some((left) => left === ticket.left)) return { fault: 'unknown left' };
  if (!(Number.isInteger(earlierSeconds) && earlierSeconds >= 0 && earlierSeconds <= 3_600)) {
    return { fault: 'malformed earlierSeconds' };
  }
  const areTexts = [commandId, document, reason].every((text) => typeof text === 'string');
  if (!areTexts || !Number.isFinite(sentMs) || typeof guarded !== 'boolean')
    return { fault: 'malformed member' };
  return { ticket, noticeMs };
}
