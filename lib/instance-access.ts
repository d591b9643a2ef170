// What an instance may do for itself: no more than the guard needs beside what makes it a managed node.
import { Stack, Validations } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { REPORTS_PREFIX } from '../contract/storage.ts';

/** An instance may report of itself alone: EC2 gives its ARN with the credentials of its role. */
const OWN_REPORTS = `${REPORTS_PREFIX}\${ec2:SourceInstanceARN}/*`;

export function instancePolicy(scope: Construct, id: string, bucket: Bucket): ManagedPolicy {
  const policy = new ManagedPolicy(scope, id, {
    // Another description replaces the policy, and roles that have it attached keep the old one.
    description: 'SpotGuard: lets the guard on an instance read the tags that set it',
    statements: [
      // AWS knows no smaller resource for it.
      new PolicyStatement({ effect: Effect.ALLOW, actions: ['ec2:DescribeTags'], resources: ['*'] }),
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(OWN_REPORTS)],
      }),
    ],
  });
  const { logicalId } = bucket.node.defaultChild as CfnBucket;
  Validations.of(policy).acknowledge(
    {
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'ec2:DescribeTags knows no smaller resource.',
    },
    {
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${Stack.of(scope).resolve(logicalId)}.Arn>/${OWN_REPORTS.replace(/\$\{(.+)\}/, '<$1>')}]`,
      reason: 'Each report has a name of its own. Which instance it is of, EC2 itself says.',
    },
  );
  return policy;
}
