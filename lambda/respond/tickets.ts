// After the commands have left: a ticket for each notice that asks for an outcome. Loaded only then, with its client.
import { leaveTickets, newSqsClient } from '../aws/tickets.ts';
import type { AnsweredNotice, NoTicket } from '../domain/answered.ts';
import type { Environment } from '../domain/environment.ts';
import { ticketOf } from '../domain/ticket.ts';

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
  const tickets = withTickets.map(({ ticket }) => ticket);
  const notLeft = await leaveTickets(newSqsClient(), settlementQueue, tickets, untilMs);
  return withTickets.flatMap(({ notice, ticket }) => {
    const reason = notLeft.get(ticket);
    return reason === undefined ? [] : [{ phase: 'noTicket', notice, reason }];
  });
}
