import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newEc2Client, newSsmClient } from '../../../lambda/aws/clients.ts';
import { sendCommand } from '../../../lambda/aws/commands.ts';
import { describeInstances } from '../../../lambda/aws/instances.ts';
import type { AnsweredNotice, NotSent } from '../../../lambda/domain/answered.ts';
import type { Notice } from '../../../lambda/domain/notice.ts';
import type { RespondPorts } from '../../../lambda/ports.ts';
import { respond } from '../../../lambda/respond/respond.ts';
import {
  type Answer,
  type AwsEndpoint,
  commandTaken,
  type DescribedInstance,
  described,
  ec2Fault,
  ssmFault,
  startAwsEndpoint,
} from '../aws-endpoint.ts';
import { instanceIdOf, noticeAt } from '../events.ts';

const DOCUMENT = 'SpotGuard-Document-1';
const DEFAULTS = { grace: '5' };
let aws: AwsEndpoint;
let ports: RespondPorts;
let answered: AnsweredNotice[];

beforeAll(async () => {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  aws = await startAwsEndpoint();
  const client = {
    endpoint: aws.url,
    region: 'us-east-2',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  const ec2 = newEc2Client(client);
  const ssm = newSsmClient(client);
  ports = {
    describeInstances: (ids, untilMs) => describeInstances(ec2, ids, untilMs),
    sendCommand: (command, untilMs) => sendCommand(ssm, DOCUMENT, command, untilMs),
    now: () => Date.now(),
  };
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.reset();
  answered = [];
});

const TAGS = { 'spot-guard': 'enabled' };
const running = (index: number, tags: Record<string, string> = {}): DescribedInstance => ({
  instanceId: instanceIdOf(index),
  state: 'running',
  tags: { ...TAGS, ...tags },
});
const notice = (index: number, ageMs = 1_000, changes: Partial<Notice> = {}) =>
  noticeAt(Date.now() - ageMs, { instanceId: instanceIdOf(index), ...changes });
const calls = (action: string) => aws.calls.filter((call) => call.action === action);
/** Those that were not sent. */
async function run(notices: readonly Notice[], forMs = 5_000): Promise<NotSent[]> {
  answered = await respond(notices, DEFAULTS, Date.now() + forMs, ports);
  return answered.filter((each) => each.phase === 'notSent');
}

describe('respond on the wire', () => {
  it('asks for the instances by filter and sends them one command', async () => {
    aws.answers('ec2', described([[running(1, { 'spot-guard:units': 'web' })]]));
    aws.answers('ssm', commandTaken());
    const one = notice(1);
    expect(await run([one])).toEqual([]);
    expect(calls('DescribeInstances').map((call) => call.input)).toEqual([
      { Version: '2016-11-15', 'Filter.1.Name': 'instance-id', 'Filter.1.Value.1': instanceIdOf(1) },
    ]);
    const [command] = calls('SendCommand').map((call) => call.input);
    expect(command).toEqual({
      DocumentName: DOCUMENT,
      InstanceIds: [instanceIdOf(1)],
      Parameters: { Notices: [expect.any(String)] },
      TimeoutSeconds: expect.any(Number),
      Comment: `spot-guard: event ${one.eventId}`,
      MaxConcurrency: '100%',
      MaxErrors: '100%',
    });
    expect(decodeNotices(command)).toEqual({
      [instanceIdOf(1)]: {
        deadline: one.deadline,
        action: 'terminate',
        settings: { units: 'web', grace: '5' },
      },
    });
    expect(answered).toEqual([
      {
        phase: 'commandSent',
        notice: one,
        commandId: expect.any(String),
        sentMs: expect.any(Number),
        settings: { units: 'web', grace: '5' },
      },
    ]);
  });

  it('reads every reservation of every page', async () => {
    aws.answers(
      'ec2',
      described([[running(1)], [running(2), running(3)]], 'more <&>'),
      described([[running(4)]], ''),
    );
    aws.answers('ssm', commandTaken());
    expect(await run([1, 2, 3, 4].map((index) => notice(index)))).toEqual([]);
    expect(calls('DescribeInstances').map((call) => call.input.NextToken)).toEqual([undefined, 'more <&>']);
    expect(calls('SendCommand')[0]?.input.InstanceIds).toHaveLength(4);
  });

  it('hands hostile tags on unchanged', async () => {
    const hostile = {
      state: '$(reboot); rm -rf / "\'`<&>',
      workload: 'é漢😀'.repeat(64),
      units: 'x'.repeat(256),
    };
    const tags = Object.fromEntries(
      Object.entries(hostile).map(([name, value]) => [`spot-guard:${name}`, value]),
    );
    aws.answers('ec2', described([[running(1, tags)]]));
    aws.answers('ssm', commandTaken());
    await run([notice(1)]);
    expect(decodeNotices(calls('SendCommand')[0]?.input)).toMatchObject({
      [instanceIdOf(1)]: { settings: hostile },
    });
  });

  it('looks up 51 instances at once and sends two commands', async () => {
    const all = Array.from({ length: 51 }, (_, index) => index);
    aws.answers('ec2', described([all.map((index) => running(index))]));
    aws.answers('ssm', commandTaken('first'), commandTaken('second'));
    expect(await run(all.map((index) => notice(index)))).toEqual([]);
    expect(calls('DescribeInstances')).toHaveLength(1);
    const sizes = calls('SendCommand').map((call) => (call.input.InstanceIds as string[]).length);
    expect(sizes.sort()).toEqual([1, 50]);
    expect(answered.filter((each) => each.phase === 'commandSent')).toHaveLength(51);
  });

  it('answers both notices of one instance with one entry', async () => {
    aws.answers('ec2', described([[running(1)]]));
    aws.answers('ssm', commandTaken());
    await run([notice(1, 1_000, { eventId: 'a' }), notice(1, 3_000, { eventId: 'b' })]);
    expect(calls('DescribeInstances')[0]?.input).not.toHaveProperty(['Filter.1.Value.2']);
    expect(calls('SendCommand').map((call) => call.input.InstanceIds)).toEqual([[instanceIdOf(1)]]);
    expect(answered.map((each) => each.phase)).toEqual(['commandSent', 'commandSent']);
  });

  it('answers an interruption, though a recommendation for the same instance is declined', async () => {
    aws.answers('ec2', described([[running(1)]]));
    aws.answers('ssm', commandTaken());
    const recommendation = notice(1, 1_000, { action: 'rebalance' });
    await run([recommendation, notice(1)]);
    expect(decodeNotices(calls('SendCommand')[0]?.input)).toMatchObject({
      [instanceIdOf(1)]: { action: 'terminate' },
    });
    expect(answered.map((each) => each.phase)).toEqual(['commandSent', 'declined']);
  });

  it('makes no call when every notice is late', async () => {
    expect(await run([notice(1, 121_000), notice(2, 3_600_000)])).toEqual([]);
    expect(aws.calls).toEqual([]);
    expect(answered.map((each) => each.phase)).toEqual(['late', 'late']);
  });

  it('answers the fresh notice of an instance whose older one is late', async () => {
    aws.answers('ec2', described([[running(1)]]));
    aws.answers('ssm', commandTaken());
    await run([notice(1, 500_000), notice(1)]);
    expect(answered.map((each) => each.phase).sort()).toEqual(['commandSent', 'late']);
  });

  it('answers each notice by itself in one list', async () => {
    aws.answers(
      'ec2',
      described([
        [running(1), { instanceId: instanceIdOf(2), state: 'running', tags: { Name: 'theirs' } }],
        [
          { instanceId: instanceIdOf(3), state: 'running', tags: { 'spot-guard': 'yes' } },
          { instanceId: instanceIdOf(4), state: 'terminated', tags: TAGS },
        ],
      ]),
    );
    aws.answers('ssm', commandTaken());
    const notSent = await run([1, 2, 3, 4, 5].map((index) => notice(index)).concat(notice(6, 200_000)));
    expect(notSent.map((each) => [each.notice.instanceId, each.reason])).toEqual([
      [instanceIdOf(5), 'InstanceNotFound'],
    ]);
    expect(answered).toMatchObject([
      { notice: { instanceId: instanceIdOf(1) }, phase: 'commandSent' },
      { notice: { instanceId: instanceIdOf(2) }, phase: 'unguarded', reason: 'no tag' },
      { notice: { instanceId: instanceIdOf(3) }, phase: 'unguarded', reason: 'other tag value' },
      { notice: { instanceId: instanceIdOf(4) }, phase: 'unreachable', reason: 'terminated' },
      { notice: { instanceId: instanceIdOf(5) }, phase: 'notSent', reason: 'InstanceNotFound' },
      { notice: { instanceId: instanceIdOf(6) }, phase: 'late' },
    ]);
  });

  it('takes an answer without the fields it needs for what it is', async () => {
    aws.answers(
      'ec2',
      described([[], [{}, { instanceId: instanceIdOf(1) }, { instanceId: instanceIdOf(2), tags: TAGS }]]),
    );
    aws.answers('ssm', { status: 200, body: '{}' });
    expect(await run([notice(1), notice(2)])).toMatchObject([{ reason: 'NoCommandId' }]);
    expect(answered.map((each) => each.phase).sort()).toEqual(['notSent', 'unguarded']);
  });

  it('sends the other commands when one is refused', async () => {
    const all = Array.from({ length: 60 }, (_, index) => index);
    aws.answers('ec2', described([all.map((index) => running(index))]));
    aws.answers('ssm', ssmFault('InvalidInstanceId'), commandTaken());
    const notSent = await run(all.map((index) => notice(index)));
    const sent = answered.filter((each) => each.phase === 'commandSent');
    expect([10, 50]).toContain(notSent.length);
    expect(notSent.length + sent.length).toBe(60);
  });
});

describe('respond against faults that pass', () => {
  const THROTTLED: [string, Answer][] = [
    ['throttled', ec2Fault('RequestLimitExceeded', 503)],
    ['in trouble', ec2Fault('InternalError', 500)],
    ['behind a broken gateway', { status: 502, body: '<html>bad gateway</html>' }],
    ['cut off', 'reset'],
  ];
  it.each(THROTTLED)('asks again when EC2 is %s', async (_name, fault) => {
    aws.answers('ec2', fault, described([[running(1)]]));
    aws.answers('ssm', commandTaken());
    expect(await run([notice(1)])).toEqual([]);
    expect(calls('DescribeInstances')).toHaveLength(2);
  });

  it.each<[string, Answer]>([
    ['throttled', ssmFault('ThrottlingException')],
    ['throttled by another name', ssmFault('TooManyRequestsException', 429)],
    ['in trouble', ssmFault('InternalServerError', 500)],
    ['unavailable', { status: 503, body: '' }],
    ['cut off', 'reset'],
  ])('sends again when SSM is %s', async (_name, fault) => {
    aws.answers('ec2', described([[running(1)]]));
    aws.answers('ssm', fault, commandTaken());
    expect(await run([notice(1)])).toEqual([]);
    expect(calls('SendCommand')).toHaveLength(2);
  });

  it('sends again when SSM does not answer within 3 s', { timeout: 10_000 }, async () => {
    aws.answers('ec2', described([[running(1)]]));
    aws.answers('ssm', 'hang', commandTaken());
    const startMs = Date.now();
    expect(await run([notice(1)], 9_000)).toEqual([]);
    expect(Date.now() - startMs).toBeGreaterThan(2_900);
    expect(Date.now() - startMs).toBeLessThan(5_000);
  });
});

describe('respond against faults that stay', () => {
  it.each([
    ['throttled for ever', ssmFault('ThrottlingException'), 'ThrottlingException'],
    ['down for ever', ssmFault('InternalServerError', 500), 'InternalServerError'],
    ['cut off for ever', 'reset' as const, 'ECONNRESET'],
    ['silent for ever', 'hang' as const, 'TimeoutError'],
  ])('gives up in time when SSM is %s', async (_name, fault, reason) => {
    aws.answers('ec2', described([[running(1)]]));
    aws.answers('ssm', fault);
    const startMs = Date.now();
    expect(await run([notice(1)], 1_000)).toMatchObject([{ phase: 'notSent', reason }]);
    expect(Date.now() - startMs).toBeLessThan(1_400);
    expect(answered).toMatchObject([{ phase: 'notSent', reason }]);
  });

  it('gives up at the deadline, though there were time left', async () => {
    aws.answers('ec2', described([[running(1)]]));
    aws.answers('ssm', ssmFault('ThrottlingException'));
    const startMs = Date.now();
    const soon = notice(1, 0, { deadline: Math.floor(startMs / 1000) + 2 });
    expect(await run([soon], 60_000)).toMatchObject([{ reason: 'ThrottlingException' }]);
    expect(Date.now()).toBeLessThan(soon.deadline * 1000 + 400);
  });

  it('does not call at all when the time is over', async () => {
    expect(await run([notice(1)], 0)).toMatchObject([{ reason: 'NoTimeLeft' }]);
    expect(aws.calls).toEqual([]);
  });

  it.each([
    'AccessDeniedException',
    'InvalidDocument',
    'InvalidParameters',
    'InvalidInstanceId',
    'UnsupportedPlatformType',
    'MaxDocumentSizeExceeded',
    'SomethingNew',
  ])('does not repeat %s', async (type) => {
    aws.answers('ec2', described([[running(1)]]));
    aws.answers('ssm', ssmFault(type), commandTaken());
    expect(await run([notice(1)])).toMatchObject([{ reason: type }]);
    expect(calls('SendCommand')).toHaveLength(1);
  });

  it('sends nothing without an answer of EC2, and tells late notices from the others', async () => {
    aws.answers('ec2', ec2Fault('UnauthorizedOperation', 403));
    const notSent = await run([notice(1), notice(2, 130_000), notice(3)]);
    expect(notSent.map((each) => each.reason)).toEqual(['UnauthorizedOperation', 'UnauthorizedOperation']);
    expect(answered.map((each) => each.phase).sort()).toEqual(['late', 'notSent', 'notSent']);
    expect(calls('SendCommand')).toEqual([]);
  });

  it('ends a pagination that never ends', async () => {
    aws.answers('ec2', described([[running(1)]], 'again'));
    expect(await run([notice(1)], 700)).toMatchObject([
      { reason: expect.stringMatching(/^(NoTimeLeft|TimeoutError)$/) },
    ]);
  });
});

function decodeNotices(command: Readonly<Record<string, unknown>> | undefined): unknown {
  const { Notices: [encoded = ''] = [] } = (command?.Parameters ?? {}) as Record<string, string[]>;
  return JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
}
