// The local endpoints with a few instances, one document, two queues, a bucket and roles, for the real SDK to talk to.
import type { EC2ClientConfig } from '@aws-sdk/client-ec2';
import { afterAll } from 'vitest';
import { Bucket } from '../../../../rehearsal/region/bucket.ts';
import { Commands } from '../../../../rehearsal/region/commands.ts';
import { parseDocument } from '../../../../rehearsal/region/document.ts';
import { type Ec2Instance, ec2Service } from '../../../../rehearsal/region/endpoints/ec2.ts';
import { s3Service } from '../../../../rehearsal/region/endpoints/s3.ts';
import {
  type ApiCall,
  openEndpoint,
  type PlantedFault,
} from '../../../../rehearsal/region/endpoints/server.ts';
import { sqsService } from '../../../../rehearsal/region/endpoints/sqs.ts';
import { ssmService } from '../../../../rehearsal/region/endpoints/ssm.ts';
import type { DecisiveStatement } from '../../../../rehearsal/region/iam.ts';
import { Queue } from '../../../../rehearsal/region/queue.ts';
import type { JsonObject } from '../../../../rehearsal/template/template.ts';

export const region = 'us-east-1';
export const account = '123456789012';
const arnPrefix = (service: string) => `arn:aws:${service}:${region}:${account}:`;
const hex = (n: number) => n.toString(16).padStart(17, '0');
const RECLAIMED: Partial<Ec2Instance> = {
  type: 'c7g.xlarge',
  zone: 'us-east-1c',
  launchedMs: Date.parse('2026-11-01T10:00:00Z'),
  stateReason: { code: 'Server.SpotInstanceTermination', message: 'Spot Instance termination' },
  spotRequest: {
    id: 'sir-reclaimed',
    code: 'instance-terminated-no-capacity',
    updatedMs: Date.parse('2026-11-02T10:00:00Z'),
    state: 'closed',
    tags: { team: 'a' },
  },
};
export const instances: Ec2Instance[] = Array.from({ length: 12 }, (_, n) => ({
  id: `i-${hex(n)}`,
  tags: n === 0 ? { 'spot-guard': 'enabled', Name: `<&"'>é` } : { 'spot-guard': 'no' },
  state: n === 11 ? 'terminated' : 'running',
  ...(n < 7 ? { spotRequest: { id: `sir-${n}`, code: 'fulfilled', updatedMs: 0, state: 'active' } } : {}),
  ...(n === 11 ? RECLAIMED : {}),
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
const statement = (Action: string | string[], Resource: string | string[], more = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const BUCKET_ARN = 'arn:aws:s3:::history';
const denies = (Action: string, prefix: string, Condition?: JsonObject): JsonObject => ({
  Effect: 'Deny',
  Principal: '*',
  Action,
  Resource: `${BUCKET_ARN}/${prefix}/*`,
  ...(Condition === undefined ? {} : { Condition }),
});
const BUCKET_POLICY = {
  Version: '2012-10-17',
  Statement: [
    denies('s3:GetObject', 'secret'),
    denies('s3:PutObject', 'once', { Null: { 's3:if-none-match': 'true' } }),
    denies('s3:PutObject', 'of-one', { StringNotEquals: { 'ec2:SourceInstanceARN': 'arn:of:one' } }),
  ],
};
const policy = {
  Version: '2012-10-17',
  Statement: [
    statement(['ec2:DescribeInstances', 'ec2:DescribeTags', 'ec2:DescribeSpotInstanceRequests'], '*'),
    statement('sqs:*', `${arnPrefix('sqs')}overflow`),
    statement(
      ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
      `${arnPrefix('sqs')}*.fifo`,
    ),
    statement(['s3:PutObject', 's3:GetObject'], `${BUCKET_ARN}/*`),
    statement('s3:ListBucket', [BUCKET_ARN, `${BUCKET_ARN}-gone`]),
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
  /** What the stand-ins could not do. A test takes out what it expects; nothing else may be left. */
  readonly troubles: string[];
  readonly queue: Queue;
  readonly fifo: Queue;
  readonly bucket: Bucket;
  /** What the queue `fifo`, the bucket and SSM take for the time; it stands still. */
  readonly clock: { ms: number };
  /** The statements of the bucket's policy that decided. */
  readonly decided: readonly DecisiveStatement[];
}

/** May read and write objects but not list them, and calls from an instance. */
export const WRITER = { accessKeyId: 'AKIAWRITER', secretAccessKey: 'x' };

/** Closed after the file's tests. */
export async function openLocalAws(): Promise<LocalAws> {
  // Node 20 is meant: what the SDK says of it would be noise.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const commands = new Commands();
  const calls: ApiCall[] = [];
  const faults: PlantedFault[] = [];
  const troubles: string[] = [];
  const queues: Queue[] = [];
  const clock = { ms: Date.now() };
  const now = () => clock.ms;
  const decided: DecisiveStatement[] = [];
  const bucket = new Bucket({ name: 'history', arn: BUCKET_ARN, policy: BUCKET_POLICY, now });
  const writes = { Version: '2012-10-17', Statement: [statement(['s3:PutObject', 's3:GetObject'], '*')] };
  const endpoint = await openEndpoint({
    region,
    faults,
    principals: new Map([
      [
        'AKIAREHEARSAL',
        {
          by: 'respond',
          arn: `arn:aws:iam::${account}:role/r`,
          account,
          policies: { identity: [{ name: 'p', policy }] },
        },
      ],
      [
        WRITER.accessKeyId,
        {
          by: 'respond',
          arn: `arn:aws:iam::${account}:role/w`,
          account,
          policies: { identity: [{ name: 'p', policy: writes }] },
          context: { 'ec2:SourceInstanceARN': 'arn:of:one' },
        },
      ],
    ]),
    onCall: (call) => calls.push(call),
    onFault: (fault) => troubles.push(fault),
    services: [
      ec2Service({ account, region }, () => instances),
      ssmService({
        account,
        arnPrefix,
        commands,
        documents: new Map([['Shutdown', document]]),
        isRegistered: (id) => id !== instances[2]?.id,
        tags: (id) => instances.find((one) => one.id === id)?.tags ?? {},
        now,
      }),
      sqsService(() => queues, arnPrefix('sqs')),
      s3Service({
        partition: 'aws',
        buckets: () => [bucket],
        onDecided: (_name, one) => decided.push(one),
      }),
    ],
  });
  const queue = new Queue({
    name: 'overflow',
    arn: `${arnPrefix('sqs')}overflow`,
    url: `${endpoint.url}/${account}/overflow`,
    policy: null,
    visibilitySeconds: 30,
  });
  const fifo = new Queue({
    name: 'tickets.fifo',
    arn: `${arnPrefix('sqs')}tickets.fifo`,
    url: `${endpoint.url}/${account}/tickets.fifo`,
    policy: null,
    visibilitySeconds: 30,
    fifo: true,
    delaySeconds: 60,
    now,
  });
  queues.push(queue, fifo);
  afterAll(async () => {
    await endpoint.close();
    if (troubles.length > 0) throw new Error(troubles.join('\n'));
  });
  const credentials = { accessKeyId: 'AKIAREHEARSAL', secretAccessKey: 'x' };
  const config = { endpoint: endpoint.url, region, credentials, maxAttempts: 1 };
  return {
    url: endpoint.url,
    config,
    commands,
    calls,
    faults,
    troubles,
    queue,
    fifo,
    bucket,
    clock,
    decided,
  };
}
