// Lambda's entry for the overflow queue, loaded when it has something: up to ten messages, and the function draws more.
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Clients } from '../aws/clients.ts';
import { sendCommand } from '../aws/commands.ts';
import { leaveRequests } from '../aws/fleet-requests.ts';
import { describeInstances } from '../aws/instances.ts';
import { deadLetter, given, putOff, receive, remove } from '../aws/queue.ts';
import { publish } from '../aws/recorder.ts';
import { leaveTickets, newSqsClient } from '../aws/tickets.ts';
import type { Environment } from '../domain/environment.ts';
import { MARGIN_MS, TIDY_MS } from '../domain/margins.ts';
import type { Home } from '../domain/notice.ts';
import type { OverflowPorts } from '../ports.ts';
import { answerWaiting } from './overflow.ts';

export async function emptyOverflow(
  { Records }: SQSEvent,
  home: Home,
  remainingMs: number,
  environment: Omit<Environment, 'bucket'>,
  { ec2, ssm }: Clients,
): Promise<SQSBatchResponse> {
  const { document, defaults, settlementQueue, overflowQueue, deadLetterQueue, fleetQueue } = environment;
  const sqs = newSqsClient();
  const untilMs = Date.now() + remainingMs - MARGIN_MS;
  const ports: OverflowPorts = {
    describeInstances: (instanceIds, until) => describeInstances(ec2, instanceIds, until),
    sendCommand: (command, until) => sendCommand(ssm, document, command, until),
    receive: (most, until) => receive(sqs, overflowQueue, most, until),
    leaveTickets: (tickets, until) => leaveTickets(sqs, settlementQueue, tickets, until),
    leaveRequests: (requests, until) => leaveRequests(sqs, fleetQueue, requests, until),
    deadLetter: (letters, until) => deadLetter(sqs, deadLetterQueue, letters, until),
    remove: (messages, until) => remove(sqs, overflowQueue, messages, until),
    putOff: (messages, until) => putOff(sqs, overflowQueue, messages, until),
    now: () => Date.now(),
  };
  const lane = { home, defaults, document, sendUntilMs: untilMs - TIDY_MS, untilMs };
  const { told, comeAgain } = await answerWaiting(given(Records), lane, ports);
  publish(told, Date.now());
  return { batchItemFailures: comeAgain.map(({ id }) => ({ itemIdentifier: id })) };
}
