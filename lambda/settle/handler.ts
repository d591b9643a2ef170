// Lambda's entry: tickets from the settlement queue, up to ten. What fails comes back when its visibility ends.
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { claim, listKeys, newS3Client, reportsOf } from '../aws/bucket.ts';
import { newEc2Client, newSsmClient } from '../aws/clients.ts';
import { describeInstance } from '../aws/instances.ts';
import { commandsOn } from '../aws/invocations.ts';
import { tell } from '../aws/settle-recorder.ts';
import { describeSpotRequest } from '../aws/spot-requests.ts';
import { newSqsClient, postpone } from '../aws/tickets.ts';
import { readEnvironment } from '../domain/environment.ts';
import { type Home, homeOf } from '../domain/notice.ts';
import { parseTicket } from '../domain/ticket.ts';
import type { SettlePorts } from '../ports.ts';
import { settle } from './settle.ts';

/** Milliseconds of Lambda's time kept back to say what failed. */
const MARGIN_MS = 2_000;

const { document, settlementQueue, bucket } = readEnvironment(
  process.env,
  'document',
  'settlementQueue',
  'bucket',
);
const [ec2, ssm, sqs, s3] = [newEc2Client(), newSsmClient(), newSqsClient(), newS3Client()];

export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const home = homeOf(context.invokedFunctionArn);
  const untilMs = Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS;
  const failures: string[] = [];
  // One after the other: tickets of one instance must not meet.
  for (const [index, record] of Records.entries()) {
    // Its share of the time that is left: one that hangs leaves the others theirs.
    const shareMs = (untilMs - Date.now()) / (Records.length - index);
    if (!(await isDone(record, home, Date.now() + shareMs))) failures.push(record.messageId);
  }
  return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** False where the ticket must come again. */
async function isDone(record: SQSRecord, home: Home, untilMs: number): Promise<boolean> {
  const parsed = parseTicket(record.body);
  if ('fault' in parsed) {
    tell({ kind: 'notSettled', reason: `MalformedTicket: ${parsed.fault}`, ticket: undefined });
    return false;
  }
  const { ticket } = parsed;
  const documents = [document, ...(ticket.document === undefined ? [] : [ticket.document])];
  try {
    const settlement = await settle(parsed, crypto.randomUUID(), untilMs, portsOf(home, documents));
    if (settlement.kind === 'later') {
      await postpone(sqs, settlementQueue, record.receiptHandle, settlement.seconds, untilMs);
    }
    tell({ ...settlement, ticket });
    return settlement.kind !== 'later';
  } catch (error) {
    // A fault of ours too: the tickets beside this one are settled all the same.
    tell({ kind: 'notSettled', reason: error instanceof Error ? error.message : String(error), ticket });
    return false;
  }
}

function portsOf({ partition, region, account }: Home, documents: readonly string[]): SettlePorts {
  const arnOf = (id: string) => `arn:${partition}:ec2:${region}:${account}:instance/${id}`;
  return {
    listOutcomes: (prefix, untilMs) => listKeys(s3, bucket, prefix, untilMs),
    commandsOn: (id, sinceMs, untilMs) => commandsOn(ssm, id, documents, sinceMs, untilMs),
    reportsOf: (id, sinceMs, untilMs) => reportsOf(s3, bucket, arnOf(id), sinceMs, untilMs),
    describeInstance: (id, untilMs) => describeInstance(ec2, id, untilMs),
    describeSpotRequest: (id, untilMs) => describeSpotRequest(ec2, id, untilMs),
    claim: (key, record, untilMs) => claim(s3, bucket, key, record, untilMs),
    now: () => Date.now(),
  };
}
