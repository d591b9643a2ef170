// Every case, in the order in which they run: the endpoints service by service, then the bundle.
import { BUNDLE_CASES } from './bundle-cases.ts';
import type { Case } from './contract.ts';
import { EC2_CASES } from './ec2-cases.ts';
import { FLEET_CASES } from './fleet-cases.ts';
import { S3_CASES } from './s3-cases.ts';
import { SPOT_CASES } from './spot-cases.ts';
import { SQS_BATCH_CASES } from './sqs-batch-cases.ts';
import { SQS_CASES } from './sqs-cases.ts';
import { SQS_FIFO_CASES } from './sqs-fifo-cases.ts';
import { SSM_CASES } from './ssm-cases.ts';

export const CASES: readonly Case[] = [
  ...EC2_CASES,
  ...SPOT_CASES,
  ...SSM_CASES,
  ...SQS_CASES,
  ...SQS_BATCH_CASES,
  ...SQS_FIFO_CASES,
  ...S3_CASES,
  ...FLEET_CASES,
  ...BUNDLE_CASES,
];
