// Lambda's entry, on a schedule: what it throws is counted as the function's error, and the next run looks again.
import type { Context, ScheduledEvent } from 'aws-lambda';
import { listKeys, newS3Client } from '../aws/bucket.ts';
import { newEc2Client } from '../aws/clients.ts';
import { tellUncovered } from '../aws/coverage-recorder.ts';
import { describeInstances } from '../aws/instances.ts';
import { spotRequestsWith } from '../aws/spot-requests.ts';
import { leaveTickets, newSqsClient } from '../aws/tickets.ts';
import { readEnvironment } from '../domain/environment.ts';
import type { CoveragePorts } from '../ports.ts';
import { cover } from './coverage.ts';

/** Milliseconds of Lambda's time kept back to say what failed. */
const MARGIN_MS = 2_000;

const { defaults, settlementQueue, bucket } = readEnvironment(
  process.env,
  'defaults',
  'settlementQueue',
  'bucket',
);
const [ec2, s3, sqs] = [newEc2Client(), newS3Client(), newSqsClient()];
const ports: CoveragePorts = {
  spotRequestsWith: (statuses, untilMs) => spotRequestsWith(ec2, statuses, untilMs),
  listOutcomes: (prefix, untilMs) => listKeys(s3, bucket, prefix, untilMs),
  describeInstances: (instanceIds, untilMs) => describeInstances(ec2, instanceIds, untilMs),
  leaveTickets: (tickets, untilMs) => leaveTickets(sqs, settlementQueue, tickets, untilMs),
  now: () => Date.now(),
};

export async function handler(_event: ScheduledEvent, context: Context): Promise<void> {
  const untilMs = Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS;
  tellUncovered(await cover(defaults, untilMs, ports));
}
