// The function that settles notices, and its way to the tickets.
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { OUTCOMES_PREFIX, REPORTS_PREFIX } from '../contract/storage.ts';
import { GuardFunction, readingOf } from './function.ts';
import type { Checked } from './settings.ts';
import { SETTLE_TIMEOUT_SECONDS } from './settlement.ts';

interface SettleProps {
  readonly document: CfnDocument;
  readonly settlement: IQueue;
  readonly bucket: Bucket;
  readonly log: LogGroup;
  readonly checked: Checked;
}

/** Tickets a call. More would need a window, for which a queue that is quiet waits. */
const BATCH = 10;

/** Calls at once: after a mass reclaim the APIs that settling asks are for others too. */
const CONCURRENCY = 5;

export function settleFunction(
  scope: Construct,
  id: string,
  { document, settlement, bucket, log, checked }: SettleProps,
): GuardFunction {
  const settle = new GuardFunction(scope, id, {
    name: 'settle',
    description: 'SpotGuard: says how each interruption ended',
    log,
    logLevel: checked.logLevel,
    memorySize: 512,
    timeoutSeconds: SETTLE_TIMEOUT_SECONDS,
    variables: {
      document: document.ref,
      settlementQueue: settlement.queueUrl,
      bucket: bucket.bucketName,
    },
    allowed: [
      {
        actions: ['ec2:DescribeInstances', 'ec2:DescribeSpotInstanceRequests', 'ssm:ListCommandInvocations'],
        resources: [],
      },
      {
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': [`${OUTCOMES_PREFIX}*`, `${REPORTS_PREFIX}*`] } },
      },
      {
        actions: ['s3:GetObject'],
        resources: [bucket.arnForObjects(`${OUTCOMES_PREFIX}*`), bucket.arnForObjects(`${REPORTS_PREFIX}*`)],
        reason: 'Each notice has an outcome of its own, and each instance reports.',
      },
      {
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`${OUTCOMES_PREFIX}*`)],
        reason: 'Each notice has an outcome of its own.',
      },
      readingOf(settlement),
    ],
  });
  settle.reads('Tickets', settlement, { batchSize: BATCH, concurrency: CONCURRENCY });
  return settle;
}
