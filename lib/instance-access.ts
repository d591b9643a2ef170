// What an instance may do for itself: no more than the guard needs beside what makes it a managed node.
import { Validations } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

export function instancePolicy(scope: Construct, id: string): ManagedPolicy {
  const policy = new ManagedPolicy(scope, id, {
    description: 'SpotGuard: lets the guard on an instance read the tags that set it',
    // AWS knows no smaller resource for it.
    statements: [
      new PolicyStatement({ effect: Effect.ALLOW, actions: ['ec2:DescribeTags'], resources: ['*'] }),
    ],
  });
  Validations.of(policy).acknowledge({
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    reason: 'ec2:DescribeTags knows no smaller resource.',
  });
  return policy;
}
