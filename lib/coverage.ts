// The function that looks for interruptions without an outcome, and its schedule.
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { OUTCOMES_PREFIX } from '../contract/storage.ts';
import { COVERAGE_EVERY_SECONDS } from '../contract/ticket.ts';
import { GuardFunction } from './function.ts';
import { type Checked, defaultsOf } from './settings.ts';

interface CoverageProps {
  readonly settlement: IQueue;
  readonly bucket: Bucket;
  readonly log: LogGroup;
  readonly checked: Checked;
}

export function coverageFunction(
  scope: Construct,
  id: string,
  { settlement, bucket, log, checked }: CoverageProps,
): GuardFunction {
  const coverage = new GuardFunction(scope, id, {
    name: 'coverage',
    description: 'SpotGuard: finds interruptions that have no outcome',
    log,
    logLevel: checked.logLevel,
    memorySize: 256,
    timeoutSeconds: 60,
    variables: {
      defaults: JSON.stringify(defaultsOf(checked)),
      settlementQueue: settlement.queueUrl,
      bucket: bucket.bucketName,
    },
    // The next run looks again.
    retryAttempts: 0,
    allowed: [
      { actions: ['ec2:DescribeInstances', 'ec2:DescribeSpotInstanceRequests'], resources: [] },
      {
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': `${OUTCOMES_PREFIX}*` } },
      },
      { actions: ['sqs:SendMessage'], resources: [settlement.queueArn] },
    ],
  });
  new Rule(coverage, 'Schedule', {
    description: 'Looks for interruptions without an outcome',
    // EC2 forgets the tags of an instance soon after its end.
    schedule: Schedule.rate(Duration.seconds(COVERAGE_EVERY_SECONDS)),
    targets: [new LambdaFunction(coverage.function, { retryAttempts: 0 })],
  });
  return coverage;
}
