// One world, told twice: by the local endpoints and by moto. What the contract's cases need to know of either.
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { ACCOUNT, REGION } from '../lambda/events.ts';
import { ENVIRONMENT } from '../lambda/invoke.ts';

export const DOCUMENT = ENVIRONMENT.SPOT_GUARD_DOCUMENT ?? '';
export const QUEUE = 'overflow';
/** Seconds. */
export const QUEUE_VISIBILITY = 30;
export const FIFO_QUEUE = 'tickets.fifo';
/** Seconds that the FIFO queue keeps each message back. */
export const FIFO_DELAY = 1;
export const BUCKET = 'history';
export const GUARDED_TAGS = { 'spot-guard': 'enabled', Name: `<&"'>é` };
/** More than a page of moto's holds. */
export const FLEET_SIZE = 120;
export const FLEET_TAGS = { Name: 'fleet' };

export const DEREGISTER = { 'spot-guard:deregister': 'targets' };
export const REPLACE = { 'spot-guard:replace': 'asg' };
export const TARGET_GROUP = 'web';
export const SCALING_GROUP = 'workers';
/** Of the target group: which of the fleet, on which port. */
export const TARGET_PORTS = [
  [0, 80],
  [0, 8080],
  [1, 80],
] as const;

export interface Place {
  readonly name: 'ours' | 'moto';
  readonly url: string;
  readonly guarded: string;
  /** Described by EC2, but no agent has registered with SSM. */
  readonly unregistered: string;
  /** By its user. */
  readonly terminated: string;
  /** Launched by a Spot request, which is fulfilled. */
  readonly spot: string;
  readonly spotRequest: string;
  readonly fleet: readonly string[];
  /** Its ARN: tagged for it. */
  readonly targetGroup: string;
  /** Three instances in service in the Auto Scaling group, which is tagged for it. */
  readonly members: readonly string[];
  readonly queueUrl: string;
  readonly fifoUrl: string;
  /** The agent reports the command's first step. */
  finishFirstStep(commandId: string): void;
  close(): Promise<void>;
}

/** One try each: what a place answers is what a case sees. */
export function clientsOf({ url }: Pick<Place, 'url'>) {
  const config = {
    endpoint: url,
    region: REGION,
    maxAttempts: 1,
    credentials: {
      accessKeyId: ENVIRONMENT.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: ENVIRONMENT.AWS_SECRET_ACCESS_KEY ?? '',
    },
  };
  return {
    ec2: new EC2Client(config),
    ssm: new SSMClient(config),
    sqs: new SQSClient(config),
    s3: new S3Client(config),
    elb: new ElasticLoadBalancingV2Client(config),
    tagging: new ResourceGroupsTaggingAPIClient(config),
    autoScaling: new AutoScalingClient(config),
  };
}

export function queueUrlAt(url: string, queue: string): string {
  return `${url}/${ACCOUNT}/${queue}`;
}
