// The function that answers notices, its log and its permissions.
import { Duration, RemovalPolicy, Stack, Token, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { FUNCTION_VARIABLES } from '../contract/environment.ts';
import { METRIC_NAMESPACE, METRIC_SERVICE } from '../contract/metrics.ts';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../contract/tags.ts';
import { built } from './built.ts';
import { type Checked, defaultsOf } from './settings.ts';

interface RespondProps {
  readonly document: CfnDocument;
  readonly overflow: IQueue;
  readonly checked: Checked;
}

export class Respond extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { document, overflow, checked }: RespondProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Log', {
      retention: checked.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(role);
    for (const statement of this.#statements(document, overflow)) role.addToPolicy(statement);
    this.#acknowledgeWildcards(role);
    this.function = new LambdaFunction(this, 'Function', {
      description: 'SpotGuard: answers Spot interruption notices with a command to the instance',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(built('lambda/respond')),
      handler: 'index.handler',
      role,
      // A third of a processor: memory here buys the speed of the cold start.
      memorySize: 512,
      timeout: Duration.seconds(10),
      logGroup: this.logGroup,
      environment: {
        [FUNCTION_VARIABLES.document]: document.ref,
        [FUNCTION_VARIABLES.defaults]: JSON.stringify(defaultsOf(checked)),
        [FUNCTION_VARIABLES.logLevel]: checked.logLevel,
        [FUNCTION_VARIABLES.service]: METRIC_SERVICE,
        [FUNCTION_VARIABLES.metricsNamespace]: METRIC_NAMESPACE,
      },
      // Lambda's own retries come after one and two minutes, when it is too late.
      retryAttempts: 0,
      maxEventAge: Duration.seconds(60),
      // Not SqsDestination: it also grants two calls that Lambda does not make.
      onFailure: { bind: () => ({ destination: overflow.queueArn }) },
    });
  }

  /** All that the function may do besides writing its log. */
  #statements(document: CfnDocument, overflow: IQueue): PolicyStatement[] {
    const stack = Stack.of(this);
    return [
      // AWS knows no smaller resource for it.
      new PolicyStatement({ effect: Effect.ALLOW, actions: ['ec2:DescribeInstances'], resources: ['*'] }),
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ['ssm:SendCommand'],
        resources: [stack.formatArn({ service: 'ssm', resource: 'document', resourceName: document.ref })],
      }),
      // The tag opts an instance in, even if the code were wrong.
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ['ssm:SendCommand'],
        resources: [stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' })],
        conditions: { StringEquals: { [`ssm:resourceTag/${GUARD_TAG}`]: GUARD_TAG_VALUE } },
      }),
      // For Lambda, that hands on in the function's name what the function could not answer.
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ['sqs:SendMessage'],
        resources: [overflow.queueArn],
      }),
    ];
  }

  /** cdk-nag names each wildcard; any other would still be a finding. */
  #acknowledgeWildcards(role: Role): void {
    const { region, account } = Stack.of(this);
    const known = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
    const place = `${known(region, 'Region')}:${known(account, 'AccountId')}`;
    const wildcard = (resource: string) => `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`;
    Validations.of(role).acknowledge(
      { id: wildcard('*'), reason: 'ec2:DescribeInstances knows no smaller resource.' },
      {
        id: wildcard(`arn:<AWS::Partition>:ec2:${place}:instance/*`),
        reason: 'Any instance may be tagged. The condition on its tag decides to which a command may go.',
      },
    );
  }
}
