// The local endpoints with a few instances, one document, one queue and a role, for the real SDK to talk to.
import type { EC2ClientConfig } from '@aws-sdk/client-ec2';
import { afterAll } from 'vitest';
import { Commands } from '../../../../rehearsal/region/commands.ts';
import { parseDocument } from '../../../../rehearsal/region/document.ts';
import { type Ec2Instance, ec2Service } from '../../../../rehearsal/region/endpoints/ec2.ts';
import {
  type ApiCall,
  openEndpoint,
  type PlantedFault,
} from '../../../../rehearsal/region/endpoints/server.ts';
import { sqsService } from '../../../../rehearsal/region/endpoints/sqs.ts';
import { ssmService } from '../../../../rehearsal/region/endpoints/ssm.ts';
import { Queue } from '../../../../rehearsal/region/queue.ts';

export const region = 'us-east-1';
export const account = '123456789012';
const arnPrefix = (service: string) => `arn:aws:${service}:${region}:${account}:`;
const hex = (n: number) => n.toString(16).padStart(17, '0');
export const instances: Ec2Instance[] = Array.from({ length: 12 }, (_, n) => ({
  id: `i-${hex(n)}`,
  tags: n === 0 ? { 'spot-guard': 'enabled', Name: `<&"'>é` } : { 'spot-guard': 'no' },
  state: n === 11 ? 'terminated' : 'running',
}));
export const [guarded = '', untagged = ''] = instances.map(({ id }) => id);
const document = parseDocument('Shutdown', {
  schemaVersion: '2.2',
  parameters: {
    Notices: { type: 'String', allowedPattern: '^[a-z]+$', minChars: 2, maxChars: 10 },
    More: { type: 'String', default: 'x' },
  },
  mainSteps: ['accept', 'drain'].map((name) => ({
    name,
    action: 'aws:runShellScript',
    inputs: { runCommand: ['x'] },
  })),
});
const statement = (Action: string | string[], Resource: string, more = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const policy = {
  Version: '2012-10-17',
  Statement: [
    statement(['ec2:DescribeInstances', 'ec2:DescribeTags'], '*'),
    statement('sqs:*', `${arnPrefix('sqs')}overflow`),
    statement('ssm:SendCommand', `${arnPrefix('ssm')}document/*`),
    statement('ssm:SendCommand', `${arnPrefix('ec2')}instance/*`, {
      Condition: { StringEquals: { 'ssm:resourceTag/spot-guard': 'enabled' } },
    }),
    statement('ssm:GetCommandInvocation', '*'),
    statement('ssm:ListCommandInvocations', '*'),
  ],
};

export interface LocalAws {
  readonly url: string;
  readonly config: Pick<EC2ClientConfig, 'endpoint' | 'region' | 'credentials' | 'maxAttempts'>;
  readonly commands: Commands;
  readonly calls: readonly ApiCall[];
  /** Planted while it runs. */
  readonly faults: PlantedFault[];
  readonly queue: Queue;
}

/** Closed after the file's tests. */
export async function openLocalAws(): Promise<LocalAws> {
  // Node 20 is meant: what the SDK says of it would be noise.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const commands = new Commands();
  const calls: ApiCall[] = [];
  const faults: PlantedFault[] = [];
  const queues: Queue[] = [];
  const endpoint = await openEndpoint({
    region,
    faults,
    principals: new Map([
      [
        'AKIAREHEARSAL',
        { arn: `arn:aws:iam::${account}:role/r`, account, policies: { identity: [{ name: 'p', policy }] } },
      ],
    ]),
    onCall: (call) => calls.push(call),
    onFault: (fault) => {
      throw new Error(fault);
    },
    services: [
      ec2Service({ account, region }, () => instances),
      ssmService({
        account,
        arnPrefix,
        commands,
        documents: new Map([['Shutdown', document]]),
        isRegistered: (id) => id !== instances[2]?.id,
        tags: (id) => instances.find((one) => one.id === id)?.tags ?? {},
      }),
      sqsService(() => queues, arnPrefix('sqs')),
    ],
  });
  const queue = new Queue({
    name: 'overflow',
    arn: `${arnPrefix('sqs')}overflow`,
    url: `${endpoint.url}/${account}/overflow`,
    policy: null,
    visibilitySeconds: 30,
  });
  queues.push(queue);
  afterAll(() => endpoint.close());
  const credentials = { accessKeyId: 'AKIAREHEARSAL', secretAccessKey: 'x' };
  const config = { endpoint: endpoint.url, region, credentials, maxAttempts: 1 };
  return { url: endpoint.url, config, commands, calls, faults, queue };
}
