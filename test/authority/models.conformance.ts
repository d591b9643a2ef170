// AWS's own service models, as botocore has them, judge every request that the adapters and the bundle send and every
// answer that the local endpoints give.
import { readdirSync, readFileSync } from 'node:fs';
import { DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { ListCommandInvocationsCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Alteration, IN_ANSWERS, IN_REQUESTS, IN_URLS } from './alterations.ts';
import { CASES } from './cases.ts';
import { refusal } from './contract.ts';
import { type Judged, judge } from './judge.ts';
import { type Ours, openOurs } from './ours.ts';
import { BUCKET, clientsOf, DOCUMENT } from './place.ts';
import type { Exchange } from './recorder.ts';
import { SSM_CASES } from './ssm-cases.ts';

const ENDPOINTS = new URL('../../rehearsal/region/endpoints/', import.meta.url);
/** The cases whose requests the service model forbids. */
const INVALID_CASES = SSM_CASES.filter(
  ({ name, aws }) =>
    aws === 'ValidationException 400' && /^(SendCommand|ListCommandInvocations) with/.test(name),
);
const CALLS = [
  { service: 'ec2', action: 'DescribeInstances' },
  { service: 'ssm', action: 'SendCommand' },
  { service: 'ssm', action: 'ListCommandInvocations' },
  { service: 'sqs', action: 'SendMessage' },
  { service: 's3', action: 'PutObject' },
  { service: 'elasticloadbalancing', action: 'DescribeTargetHealth' },
  { service: 'tagging', action: 'GetResources' },
  { service: 'autoscaling', action: 'DescribeAutoScalingInstances' },
];

let ours: Ours;
let throttled: readonly Judged[];
let all: readonly Judged[];

/** One plain call of each service, and of each operation that the judge knows other errors of. */
async function callEach(): Promise<void> {
  const { ec2, ssm, sqs, s3, elb, tagging, autoScaling } = clientsOf(ours);
  await refusal(ec2.send(new DescribeInstancesCommand({})));
  await refusal(
    ssm.send(
      new SendCommandCommand({ DocumentName: DOCUMENT, InstanceIds: [ours.guarded], TimeoutSeconds: 30 }),
    ),
  );
  await refusal(ssm.send(new ListCommandInvocationsCommand({})));
  await refusal(sqs.send(new SendMessageCommand({ QueueUrl: ours.queueUrl, MessageBody: 'x' })));
  await refusal(s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'x', Body: 'x' })));
  await refusal(elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: ours.targetGroup })));
  await refusal(tagging.send(new GetResourcesCommand({})));
  await refusal(autoScaling.send(new DescribeAutoScalingInstancesCommand({})));
}

async function callUnder(kind: 'throttle' | 'error'): Promise<readonly Exchange[]> {
  const from = ours.exchanges.length;
  ours.faults.push(...CALLS.map((call) => ({ ...call, kind })));
  await callEach();
  ours.faults.length = 0;
  return ours.exchanges.slice(from);
}

beforeAll(async () => {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  ours = await openOurs();
  for (const { observe } of CASES) await observe(ours);
  throttled = judge(inject('authorities'), await callUnder('throttle'));
  await callUnder('error');
  ours.allowed = false;
  await callEach();
  all = judge(inject('authorities'), ours.exchanges);
});
afterAll(() => ours?.close());

describe('every exchange', () => {
  it.each(['ec2', 'ssm', 'sqs', 's3', 'elasticloadbalancing', 'tagging', 'autoscaling'])(
    'with %s has an answer that is as the service model says',
    (service) => {
      const of = all.filter((one) => one.service === service);
      expect(of.length).toBeGreaterThan(5);
      expect(of.filter(({ faults }) => faults.some((fault) => fault.startsWith('answer:')))).toEqual([]);
    },
  );

  it('has a request that is so, too; one that is not, on purpose, was refused for it', () => {
    const faulty = all.filter(({ faults }) => faults.some((fault) => fault.startsWith('request:')));
    expect(faulty.filter(({ outcome }) => outcome !== 'ValidationException')).toEqual([]);
    expect(faulty).toHaveLength(INVALID_CASES.length);
  });

  it('that is throttled is so for botocore, too', () => {
    expect(throttled.map(({ throttled: seen }) => seen)).toEqual(CALLS.map(() => true));
    expect(all.filter((one) => one.throttled)).toHaveLength(CALLS.length);
  });

  it('was judged: each operation that the endpoints perform, and each error that they know', () => {
    const sources = readdirSync(ENDPOINTS).map((name) => readFileSync(new URL(name, ENDPOINTS), 'utf8'));
    const source = sources.join('\n');
    const codes = [
      ...source.matchAll(/(?:new ServiceFault\(|\bcode: |\bbroken: )\s*['`](?:[\w.${}]+#)?([\w.]+)['`]/g),
    ].map(([, code = '']) => code);
    const actions = [...source.matchAll(/(?:action (?:=|!)== |case )'([A-Z]\w+)'/g)].map(
      ([, name = '']) => name,
    );
    expect(codes.length).toBeGreaterThan(25);
    expect(actions.length).toBeGreaterThan(8);
    const outcomes = new Set(all.map(({ outcome }) => outcome));
    const done = new Set(all.filter(({ outcome }) => outcome === '200').map(({ operation }) => operation));
    expect(codes.filter((code) => !outcomes.has(code))).toEqual([]);
    expect(actions.filter((action) => !done.has(action))).toEqual([]);
  });
});

describe('the judge', () => {
  const altered = (
    side: 'request' | 'answer',
    part: 'body' | 'url',
    [what, operation, outcome, change]: Alteration,
  ): Exchange => {
    const index = all.findIndex((one) => one.operation === operation && one.outcome === outcome);
    const exchange = ours.exchanges[index];
    if (exchange === undefined) throw new Error(`no ${operation} ended with ${outcome}`);
    const before = part === 'url' ? exchange.request.url : exchange[side].body;
    const after = change(before);
    if (after === before) throw new Error(`${what}: nothing changed`);
    return { ...exchange, [side]: { ...exchange[side], [part]: after } };
  };

  it.each([
    { side: 'request', part: 'body', alterations: IN_REQUESTS },
    { side: 'request', part: 'url', alterations: IN_URLS },
    { side: 'answer', part: 'body', alterations: IN_ANSWERS },
  ] as const)('finds what is wrong in the $part of a $side, there and only there', (row) => {
    const { side, part, alterations } = row;
    const judged = judge(
      inject('authorities'),
      alterations.map((one) => altered(side, part, one)),
    );
    const found = alterations.map(([what], index) => {
      const sides = (judged[index]?.faults ?? []).map((fault) => fault.split(':')[0]);
      return { what, sides: [...new Set(sides)] };
    });
    expect(found).toEqual(alterations.map(([what]) => ({ what, sides: [side] })));
  });

  it('finds a wrong status and a missing query code', () => {
    const index = all.findIndex(({ outcome }) => outcome === 'QueueDoesNotExist');
    const exchange = ours.exchanges[index];
    if (exchange === undefined) throw new Error('no queue was missing');
    const { 'x-amzn-query-error': _code, ...headers } = exchange.answer.headers;
    const [judged] = judge(inject('authorities'), [
      { ...exchange, answer: { ...exchange.answer, status: 404, headers } },
    ]);
    expect(judged?.faults).toEqual([
      'answer: QueueDoesNotExist has status 404, allowed is 400',
      "answer: x-amzn-query-error is '', allowed is CODE;Sender",
    ]);
  });
});
