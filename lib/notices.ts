// EC2's notices, from the default bus to the function.
import { Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import {
  EVENT_SOURCE,
  INTERRUPTION_DETAIL_TYPE,
  REBALANCE_DETAIL_TYPES,
  RESERVATION_DETAIL_TYPES,
} from '../contract/events.ts';

/** For every instance of the account: the function, not the rule, knows which are guarded. */
export function noticeRule(scope: Construct, id: string, respond: IFunction, overflow: IQueue): Rule {
  return new Rule(scope, id, {
    description: 'Interruption notices and rebalance recommendations of this account, to SpotGuard',
    eventPattern: {
      source: [EVENT_SOURCE],
      detailType: [INTERRUPTION_DETAIL_TYPE, ...RESERVATION_DETAIL_TYPES, ...REBALANCE_DETAIL_TYPES],
      // Another account's bus may forward its events to this one.
      account: [Stack.of(scope).account],
    },
    targets: [
      new LambdaFunction(respond, {
        // The least age that EventBridge allows; it ends the tries long before their count would.
        maxEventAge: Duration.seconds(60),
        retryAttempts: 10,
        deadLetterQueue: overflow,
      }),
    ],
  });
}
