// The bucket: outcomes, and the reports that guards leave themselves.
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { OUTCOMES_DAYS, OUTCOMES_PREFIX, REPORTS_DAYS, REPORTS_PREFIX } from '../contract/storage.ts';

/** Of an older version that is overwritten or deleted, and of an upload that was never finished. */
const LEFTOVER = Duration.days(7);

/** It stays when the stack goes: what happened to your work is not SpotGuard's to delete. */
export function outcomesBucket(scope: Construct, id: string): Bucket {
  const bucket = new Bucket(scope, id, {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: true,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      { id: 'outcomes', prefix: OUTCOMES_PREFIX, expiration: Duration.days(OUTCOMES_DAYS) },
      { id: 'reports', prefix: REPORTS_PREFIX, expiration: Duration.days(REPORTS_DAYS) },
      {
        id: 'leftovers',
        noncurrentVersionExpiration: LEFTOVER,
        abortIncompleteMultipartUploadAfter: LEFTOVER,
        expiredObjectDeleteMarker: true,
      },
    ],
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions::AwsSolutions-S1',
    reason: 'An access log would need another bucket. CloudTrail tells of calls where an account wants it.',
  });
  return bucket;
}
