// After the commands have left: a ticket for each notice that asks for an outcome, and what tags ask for beside the
// command. Loaded only then, with its client.
import { leaveRequests } from '../aws/fleet-requests.ts';
import { leaveTickets, newSqsClient } from '../aws/tickets.ts';
import type { AnsweredNotice, FleetNotLeft, NoTicket } from '../domain/answered.ts';
import type { Environment } from '../domain/environment.ts';
import { ticketOf } from '../domain/ticket.ts';
import { askFleet } from './ask-fleet.ts';

/** Returns what could not be left. Both side by side: neither takes the time of the other. */
export async function leave(
  answered: readonly AnsweredNotice[],
  { document, settlementQueue, fleetQueue }: Pick<Environment, 'document' | 'settlementQueue' | 'fleetQueue'>,
  untilMs: number,
): Promise<(NoTicket | FleetNotLeft)[]> {
  const sqs = newSqsClient();
  const withTickets = answered.flatMap((each) => {
    const ticket = ticketOf(each, document);
    return ticket === undefined ? [] : [{ notice: each.notice, ticket }];
  });
  const tickets = withTickets.map(({ ticket }) => ticket);
  const [notLeft, fleetNotLeft] = await Promise.all([
    leaveTickets(sqs, settlementQueue, tickets, untilMs),
    askFleet(answered, untilMs, {
      leaveRequests: (requests, until) => leaveRequests(sqs, fleetQueue, requests, until),
    }),
  ]);
  const noTickets = withTickets.flatMap(({ notice, ticket }): NoTicket[] => {
    const reason = notLeft.get(ticket);
    return reason === undefined ? [] : [{ phase: 'noTicket', notice, reason }];
  });
  return [...noTickets, ...fleetNotLeft];
}
