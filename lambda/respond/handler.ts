// Lambda's entry: builds once, parses, responds. An error thrown here sends the event to the overflow queue.
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type Clients, newEc2Client, newSsmClient } from '../aws/clients.ts';
import { sendCommand } from '../aws/commands.ts';
import { describeInstances } from '../aws/instances.ts';
import type { Told } from '../domain/answered.ts';
import { readEnvironment } from '../domain/environment.ts';
import { MARGIN_MS, TICKET_MS } from '../domain/margins.ts';
import { type Home, homeOf, parseEvent } from '../domain/notice.ts';
import type { RespondPorts } from '../ports.ts';
import { respond } from './respond.ts';

/** After these nothing is left; after the last not yet: it is for the overflow queue to bring it to its end. */
const NO_TICKET = ['unguarded', 'declined', 'notSent'];

const environment = readEnvironment(
  process.env,
  'document',
  'defaults',
  'settlementQueue',
  'overflowQueue',
  'deadLetterQueue',
  'fleetQueue',
);
const clients: Clients = { ec2: newEc2Client(), ssm: newSsmClient() };
// Throttled, it leaves the buckets to the overflow queue, where one call is for many instances.
const ports: RespondPorts = {
  describeInstances: (instanceIds, untilMs) =>
    describeInstances(clients.ec2, instanceIds, untilMs, 'givesUp'),
  sendCommand: (command, untilMs) =>
    sendCommand(clients.ssm, environment.document, command, untilMs, 'givesUp'),
  now: () => Date.now(),
};

export async function handler(event: unknown, context: Context): Promise<SQSBatchResponse | undefined> {
  const home = homeOf(context.invokedFunctionArn);
  if (!isBatch(event)) return respondTo(event, home, context);
  const { emptyOverflow } = await import('./overflow-handler.ts');
  return emptyOverflow(event, home, context.getRemainingTimeInMillis(), environment, clients);
}

async function respondTo(event: unknown, home: Home, context: Context): Promise<undefined> {
  const nowMs = Date.now();
  const parsed = parseEvent(event, home, nowMs);
  if (parsed.kind === 'ignored') return publish([parsed.ignored], nowMs);
  const untilMs = nowMs + context.getRemainingTimeInMillis() - MARGIN_MS;
  const answered = await respond([parsed.notice], environment.defaults, untilMs - TICKET_MS, ports);
  const answeredMs = Date.now();
  // What leaves tickets, and what writes logs and metrics, is loaded only now: reading it delays a cold start.
  const notLeft = answered.some(({ phase }) => !NO_TICKET.includes(phase))
    ? await (await import('./leave.ts')).leave(answered, environment, untilMs)
    : [];
  await publish([...answered, ...notLeft], answeredMs);
  const failures = [...answered, ...notLeft].flatMap((each) => {
    if (each.phase !== 'notSent' && each.phase !== 'noTicket') return [];
    const what = each.phase === 'notSent' ? 'command not sent' : 'ticket not left';
    return [`${what}: ${each.notice.instanceId} (${each.reason})`];
  });
  if (failures.length > 0) throw new Error(failures.join(', '));
}

async function publish(told: readonly Told[], atMs: number): Promise<undefined> {
  (await import('../aws/recorder.ts')).publish(told, atMs);
}

/** From the overflow queue: an event of EventBridge's has no records. */
function isBatch(event: unknown): event is SQSEvent {
  return typeof event === 'object' && event !== null && 'Records' in event;
}
