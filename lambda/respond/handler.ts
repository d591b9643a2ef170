// Lambda's entry: builds once, parses, responds. An error thrown here sends the event to the overflow queue.
import type { Context } from 'aws-lambda';
import { newEc2Client, newSsmClient } from '../aws/clients.ts';
import { sendCommand } from '../aws/commands.ts';
import { describeInstances } from '../aws/instances.ts';
import type { Recorded } from '../aws/recorder.ts';
import { homeOf, parseEvent } from '../domain/notice.ts';
import type { Ports } from '../ports.ts';
import { readEnvironment } from './environment.ts';
import { respond } from './respond.ts';

/** Milliseconds of Lambda's time kept back to say what became of the notice. */
const MARGIN_MS = 1_000;

const { document, defaults } = readEnvironment(process.env);
const [ec2, ssm] = [newEc2Client(), newSsmClient()];
let recorded: Recorded[] = [];
const ports: Ports = {
  describeInstances: (instanceIds, untilMs) => describeInstances(ec2, instanceIds, untilMs),
  sendCommand: (command, untilMs) => sendCommand(ssm, document, command, untilMs),
  record: (answered) => void recorded.push({ answered, atMs: Date.now() }),
  now: () => Date.now(),
};

export async function handler(event: unknown, context: Context): Promise<void> {
  const nowMs = Date.now();
  const parsed = parseEvent(event, homeOf(context.invokedFunctionArn), nowMs);
  if (parsed.kind === 'ignored') {
    ports.record(parsed.ignored);
    return publish();
  }
  const untilMs = nowMs + context.getRemainingTimeInMillis() - MARGIN_MS;
  const notSent = await respond([parsed.notice], defaults, untilMs, ports);
  await publish();
  const failures = notSent.map(({ notice, reason }) => `${notice.instanceId} (${reason})`);
  if (failures.length > 0) throw new Error(`command not sent: ${failures.join(', ')}`);
}

/** What writes logs and metrics is loaded only now, when the command has left: reading it delays a cold start. */
async function publish(): Promise<void> {
  const toPublish = recorded;
  recorded = [];
  (await import('../aws/recorder.ts')).publish(toPublish);
}
