// Where alarms go: a topic of the user's, or one of the stack's own.
import { Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Subscription, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Checked } from './settings.ts';

export function alarmTopic(
  scope: Construct,
  id: string,
  { alarmTopicArn, alarmEmail }: Pick<Checked, 'alarmTopicArn' | 'alarmEmail'>,
): ITopic {
  if (alarmTopicArn !== undefined) return Topic.fromTopicArn(scope, id, alarmTopicArn);
  const topic = new Topic(scope, id, { displayName: 'SpotGuard', enforceSSL: true });
  // A policy of one's own takes the place of the one that SNS gives a topic, by which alarms may publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  Validations.of(topic).acknowledge({
    id: 'AwsSolutions::AwsSolutions-SNS2',
    reason: 'CloudWatch cannot use the key that AWS manages, and an alarm holds no secret.',
  });
  if (alarmEmail !== undefined) {
    new Subscription(topic, 'Email', {
      topic,
      protocol: SubscriptionProtocol.EMAIL,
      endpoint: alarmEmail,
    });
  }
  return topic;
}
