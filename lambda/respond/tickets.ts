// After the commands have left: a ticket for each notice that asks for an outcome. Loaded only then, with its client.
import { leaveTickets, newSqsClient } from '../aws/tickets.ts';
import type { AnsweredNotice, NoTicket } from '../domain/answered.ts';
import type { Environment } from '../domain/environment.ts';
import { ticketOf } from '../domain/ticket.ts';
import { CallFailed } from '../ports.ts';

/** Returns the notices whose ticket could not be left. */
export async function ticketsFor(
  answered: readonly AnsweredNotice[],
  { document, settlementQueue }: Pick<Environment, 'document' | 'settlementQueue'>,
  untilMs: number,
): Promise<NoTicket[]> {
  const withTickets = answered.flatMap((each) => {
    const ticket = ticketOf(each, document);
    return ticket === undefined ? [] : [{ notice: each.notice, ticket }];
  });
  if (withTickets.length === 0) return [];
  try {
    const tickets = withTickets.map(({ ticket }) => ticket);
    await leaveTickets(newSqsClient(), settlementQueue, tickets, untilMs);
    return [];
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    return withTickets.map(({ notice }) => ({ phase: 'noTicket', notice, reason: error.reason }));
  }
}
