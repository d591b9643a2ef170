// EC2, SSM and SQS on loopback as `respond` needs them, that function as a process, and the events that wake it.
import { type AwsEndpoint, described, startAwsEndpoint } from './aws-endpoint.ts';
import { spotEvent } from './events.ts';
import { ENVIRONMENT, type Invocation, invoke } from './invoke.ts';

export const INSTANCE_ID = 'i-0b662ef9931388ba0';
export const GUARDED = { 'spot-guard': 'enabled', 'spot-guard:state': '$(reboot) "é' };

export interface RespondingPlace {
  readonly aws: AwsEndpoint;
  run(
    event: unknown,
    options?: { readonly remainingMs?: number; readonly arn?: string },
  ): Promise<Invocation>;
  /** The body of the first. */
  ticketLeft(): string;
}

export async function openRespondingPlace(): Promise<RespondingPlace> {
  const aws = await startAwsEndpoint();
  return {
    aws,
    run: (event, options) => invoke(event, { ...ENVIRONMENT, AWS_ENDPOINT_URL: aws.url }, options),
    ticketLeft() {
      const entries = aws.queueCalls[0]?.input.Entries;
      return Array.isArray(entries) ? entries[0].MessageBody : '';
    },
  };
}

/** A notice of a second ago. */
export const fresh = (changes: Record<string, unknown> = {}) =>
  spotEvent({ time: new Date(Date.now() - 1000).toISOString().replace(/\.\d+Z$/, 'Z'), ...changes });

export const recommendation = () =>
  fresh({
    'detail-type': 'EC2 Instance Rebalance Recommendation',
    detail: { 'instance-id': INSTANCE_ID },
  });

/** EC2's answer that names that instance. */
export const instance = (tags: Record<string, string>, state = 'running') =>
  described([[], [{ instanceId: INSTANCE_ID, state, tags }]]);
