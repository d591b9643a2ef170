import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FUNCTION_VARIABLES } from '../../contract/environment.ts';
import { METRICS } from '../../contract/metrics.ts';
import { buildLambda, FUNCTIONS } from '../../lambda/build.ts';
import { SUBSTITUTES } from '../../lambda/substitutes.ts';
import {
  type AwsEndpoint,
  commandTaken,
  described,
  ec2Fault,
  ssmFault,
  startAwsEndpoint,
} from './aws-endpoint.ts';
import { FUNCTION_ARN, REGION, spotEvent } from './events.ts';
import { BUNDLE, ENVIRONMENT, invoke } from './invoke.ts';

let aws: AwsEndpoint;
beforeAll(async () => {
  aws = await startAwsEndpoint();
});
afterAll(() => aws.close());
beforeEach(() => aws.reset());

const INSTANCE_ID = 'i-0b662ef9931388ba0';
const secondsAgo = (seconds: number) =>
  new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
const fresh = (changes: Record<string, unknown> = {}) => spotEvent({ time: secondsAgo(1), ...changes });
const recommendation = () =>
  fresh({
    'detail-type': 'EC2 Instance Rebalance Recommendation',
    detail: { 'instance-id': INSTANCE_ID },
  });
const run = (event: unknown, options = {}) =>
  invoke(event, { ...ENVIRONMENT, AWS_ENDPOINT_URL: aws.url }, options);
/** The body of the first. */
function ticketLeft(): string {
  const entries = aws.queueCalls[0]?.input.Entries;
  return Array.isArray(entries) ? entries[0].MessageBody : '';
}
const instance = (tags: Record<string, string>, state = 'running') =>
  described([[], [{ instanceId: INSTANCE_ID, state, tags }]]);
const GUARDED = { 'spot-guard': 'enabled', 'spot-guard:state': '$(reboot) "é' };

describe('the bundle', () => {
  let folder: string;
  let all: Record<string, Metafile>;
  let built: Metafile;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spot-guard-build-'));
    all = await buildLambda(folder);
    built = all.respond as Metafile;
  });
  afterAll(() => rm(folder, { recursive: true }));

  const code = async () => {
    const names = (await readdir(dirname(BUNDLE))).filter((name) => name.endsWith('.mjs'));
    return Promise.all(names.map((name) => readFile(join(dirname(BUNDLE), name), 'utf8')));
  };

  it.each(FUNCTIONS)('of %s is what the sources give, byte for byte', async (name) => {
    const [fresh, deployed] = [join(folder, name), join(dirname(BUNDLE), '..', name)];
    const names = await readdir(fresh);
    expect(await readdir(deployed)).toEqual(names);
    for (const file of names.filter((each) => each.endsWith('.mjs'))) {
      expect((await readFile(join(fresh, file))).equals(await readFile(join(deployed, file)))).toBe(true);
    }
  });

  it.each(FUNCTIONS)('of %s imports only what Node has', (name) => {
    const imported = Object.values(all[name]?.outputs ?? {})
      .flatMap(({ imports }) => imports)
      .filter(({ external }) => external)
      .map(({ path }) => path);
    expect(imported.length).toBeGreaterThan(2);
    expect(imported.filter((path) => !isBuiltin(path))).toEqual([]);
  });

  it.each([
    ['respond', ['client-ec2', 'client-sqs', 'client-ssm']],
    ['settle', ['client-ec2', 'client-s3', 'client-sqs', 'client-ssm']],
    ['coverage', ['client-ec2', 'client-s3', 'client-sqs']],
  ])('of %s holds the clients it uses, and of the project the functions alone', (name, clients) => {
    const inputs = Object.values(all[name]?.outputs ?? {}).flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    );
    const found = inputs.flatMap((path) => /@aws-sdk\/(client-[^/]+)/.exec(path)?.[1] ?? []);
    expect([...new Set(found)].sort()).toEqual(clients);
    const own = inputs
      .filter((path) => !/node_modules\/|^lambda-only:/.test(path))
      .map((path) => path.split('/')[0]);
    expect([...new Set(own)].sort()).toEqual(['contract', 'lambda']);
  });

  it('stays small, and each file has its map beside it', async () => {
    const files = await code();
    expect(files.reduce((sum, file) => sum + Buffer.byteLength(file), 0)).toBeLessThanOrEqual(500_000);
    expect(files.filter((file) => file.includes('aws-cdk-lib'))).toEqual([]);
    const names = await readdir(dirname(BUNDLE));
    const maps = files.map((file) => /^\/\/# sourceMappingURL=(\S+)\n$/m.exec(file)?.[1]);
    expect(maps.sort()).toEqual(names.filter((name) => name.endsWith('.map')).sort());
  });

  it('reads what leaves tickets and writes the log only when the command has left', () => {
    const first = readFirst(built);
    expect(first.length).toBeGreaterThan(50);
    expect(first.filter((path) => /powertools|recorder|client-sqs|ticket/.test(path))).toEqual([]);
  });

  it('asks for credentials and settings nowhere but in the environment', () => {
    const kept = Object.values(built.outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
    const sources = /credential-provider-(?!env)|parseIni|nested-clients|token-providers/;
    expect(kept.filter((path) => sources.test(path))).toEqual([]);
  });

  it('has each substitute in the place of a part of the SDK', () => {
    const names = SUBSTITUTES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(built.inputs)).toEqual(
      expect.arrayContaining(names.map((name) => `lambda-only:${name}`)),
    );
  });

  it('knows of an instance only what it reads', async () => {
    const text = (await code()).join('');
    expect(text).toContain('"instancesSet"');
    expect(text).not.toMatch(/blockDeviceMapping|"privateIpAddress"|"TargetCount"/);
  });
});

/** What is read before the handler runs: the entry, and what it imports at once. */
function readFirst({ outputs }: Metafile): string[] {
  const read = (path: string): string[] => {
    const { inputs = {}, imports = [] } = outputs[path] ?? {};
    const atOnce = imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
    return [...Object.keys(inputs), ...atOnce.flatMap((one) => read(one.path))];
  };
  return read(Object.keys(outputs).find((path) => path.endsWith('/index.mjs')) ?? '');
}

describe('the bundle on the wire', { timeout: 20_000 }, () => {
  it('carries every field of both calls and reads both answers', async () => {
    aws.answers('ec2', described([[{ instanceId: 'i-0a1b2c3d' }]], 'page-2'), instance(GUARDED));
    aws.answers('ssm', commandTaken('command-1'));
    const event = fresh();
    const { log, metrics, error } = await run(event);
    expect(error).toBe('');
    expect(aws.calls).toEqual([
      {
        action: 'DescribeInstances',
        input: { Version: '2016-11-15', 'Filter.1.Name': 'instance-id', 'Filter.1.Value.1': INSTANCE_ID },
      },
      { action: 'DescribeInstances', input: expect.objectContaining({ NextToken: 'page-2' }) },
      {
        action: 'SendCommand',
        input: {
          DocumentName: 'SpotGuard-Document-1',
          InstanceIds: [INSTANCE_ID],
          Parameters: { Notices: [expect.stringMatching(/^[A-Za-z0-9_-]+$/)] },
          TimeoutSeconds: expect.any(Number),
          Comment: `spot-guard: event ${event.id}`,
          MaxConcurrency: '100%',
          MaxErrors: '100%',
        },
      },
    ]);
    expect(log).toEqual([
      expect.objectContaining({
        level: 'INFO',
        message: 'command sent',
        service: 'spot-guard',
        phase: 'commandSent',
        instanceId: INSTANCE_ID,
        noticeTime: event.time,
        action: 'terminate',
        eventId: event.id,
        commandId: 'command-1',
        secondsLeft: expect.any(Number),
        noticeToCommandMs: expect.any(Number),
      }),
    ]);
    expect(metrics).toMatchObject({
      service: 'spot-guard',
      CommandsSent: 1,
      NoticeToCommand: expect.any(Number),
    });
    expect(metrics).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'SpotGuard', Dimensions: [['service']] }] },
    });
    expect(JSON.stringify([log, metrics])).not.toContain('reboot');
  });

  it.each([
    ['no tag', {}, 'INFO', 'no tag'],
    ['the tag for removal', { 'spot-guard': 'remove' }, 'INFO', 'tag says remove'],
    ['a near miss', { 'spot-guard': 'Enabled; secret' }, 'WARN', 'other tag value'],
  ])('tells of an instance with %s in one line, without the value', async (_name, tags, level, reason) => {
    aws.answers('ec2', instance(tags));
    const { log, metrics, output, error } = await run(fresh());
    expect(error).toBe('');
    expect(log).toMatchObject([{ level, phase: 'unguarded', reason, instanceId: INSTANCE_ID }]);
    expect(metrics).toMatchObject({ NoticesUnguarded: 1 });
    expect(output).not.toContain('secret');
    expect(aws.calls.map((call) => call.action)).toEqual(['DescribeInstances']);
  });

  it.each([
    ['no rebalance tag', {}, 'INFO', 'no rebalance tag'],
    ['a near miss', { 'spot-guard:rebalance': 'Save; secret' }, 'WARN', 'other rebalance tag value'],
  ])('declines a recommendation at %s in one line, without the value', async (_name, tags, level, reason) => {
    aws.answers('ec2', instance({ ...GUARDED, ...tags }));
    const { log, metrics, output, error } = await run(recommendation());
    expect(error).toBe('');
    const message = 'recommendation declined';
    expect(log).toMatchObject([{ level, message, phase: 'declined', reason, action: 'rebalance' }]);
    expect(metrics).toMatchObject({ RecommendationsDeclined: 1 });
    expect(output).not.toContain('secret');
    expect(aws.calls.map((call) => call.action)).toEqual(['DescribeInstances']);
  });

  it('hands a recommendation on to an instance that asks to be saved then', async () => {
    aws.answers('ec2', instance({ 'spot-guard': 'enabled', 'spot-guard:rebalance': 'save' }));
    aws.answers('ssm', commandTaken());
    const event = recommendation();
    const { log, metrics, error } = await run(event);
    expect(error).toBe('');
    const { Notices } = (aws.calls[1]?.input.Parameters ?? {}) as { Notices?: string[] };
    expect(JSON.parse(Buffer.from(Notices?.[0] ?? '', 'base64url').toString())).toMatchObject({
      [INSTANCE_ID]: {
        deadline: Date.parse(String(event.time)) / 1000 + 600,
        action: 'rebalance',
        settings: { rebalance: 'save' },
      },
    });
    expect(log).toMatchObject([{ level: 'INFO', phase: 'commandSent', action: 'rebalance' }]);
    expect(metrics).toMatchObject({ CommandsSent: 1 });
  });

  it.each([
    ['a command that is sent', 'enabled', 'commandSent'],
    ['an instance that is not guarded', 'Enabled', 'unguarded'],
  ])('names unknown tags in the line on %s, without the values', async (_name, value, phase) => {
    const hostile = `spot-guard:zz\u001b\n"},{${'x'.repeat(100)}`;
    const tags = { 'spot-guard': value, 'spot-guard:unit': 'secret', [hostile]: 'secret', Name: 'theirs' };
    aws.answers('ec2', instance(tags));
    aws.answers('ssm', commandTaken());
    const { log, lines, output } = await run(fresh());
    const unknownTags = `spot-guard:unit, spot-guard:zz??"},{${'x'.repeat(21)}`;
    expect(log).toEqual([expect.objectContaining({ phase, instanceId: INSTANCE_ID, unknownTags })]);
    expect(lines).toHaveLength(2);
    expect(output).not.toContain('secret');
  });

  it('tells of a late notice without a call', async () => {
    const { log, metrics, error } = await run(spotEvent());
    expect(error).toBe('');
    expect(log).toMatchObject([{ level: 'WARN', phase: 'late' }]);
    expect(log[0]?.secondsLeft).toBeLessThan(0);
    expect(metrics).toMatchObject({ NoticesLate: 1 });
    expect(aws.calls).toEqual([]);
  });

  it('tells of an instance that was shutting down already', async () => {
    aws.answers('ec2', instance(GUARDED, 'shutting-down'));
    const { log, metrics, error } = await run(fresh());
    expect(error).toBe('');
    expect(log).toMatchObject([{ level: 'WARN', phase: 'unreachable', reason: 'shutting-down' }]);
    expect(metrics).toMatchObject({ NoticesUnreachable: 1 });
  });

  it.each([
    ['null', null, 'not an object'],
    ['a foreign account', fresh({ account: '999999999999' }), 'foreign account'],
    ['a hostile source', fresh({ source: `\u001b[31m"},{${'x'.repeat(200_000 / 10)}` }), 'unknown source'],
  ])('ignores %s with a line and a count, and throws nothing', async (_name, event, reason) => {
    const { log, lines, metrics, output, error } = await run(event);
    expect(error).toBe('');
    expect(lines).toHaveLength(2);
    expect(log).toMatchObject([{ level: 'WARN', phase: 'ignored', reason, got: expect.any(String) }]);
    expect(metrics).toMatchObject({ NoticesIgnored: 1 });
    expect(output.length).toBeLessThan(2_000);
    expect(aws.calls).toEqual([]);
  });

  it('takes a qualifier behind its own name', async () => {
    aws.answers('ec2', instance({}));
    expect((await run(fresh(), { arn: `${FUNCTION_ARN}:live` })).log).toMatchObject([{ phase: 'unguarded' }]);
  });

  it.each([
    ['InvalidInstanceId', ssmFault('InvalidInstanceId')],
    ['AccessDeniedException', ssmFault('AccessDeniedException')],
  ])('throws %s with the instance, after it has said so', async (reason, fault) => {
    aws.answers('ec2', instance(GUARDED));
    aws.answers('ssm', fault);
    const { log, metrics, error } = await run(fresh());
    expect(error).toBe(`command not sent: ${INSTANCE_ID} (${reason})`);
    expect(log).toMatchObject([{ level: 'ERROR', phase: 'notSent', reason, instanceId: INSTANCE_ID }]);
    expect(metrics).toMatchObject({ CommandsNotSent: 1 });
  });

  it('throws for an instance that EC2 does not name', async () => {
    aws.answers('ec2', described([]));
    expect((await run(fresh())).error).toBe(`command not sent: ${INSTANCE_ID} (InstanceNotFound)`);
  });

  it.each([
    ['us-east-2', 'ec2.us-east-2.amazonaws.com'],
    ['cn-north-1', 'ec2.cn-north-1.amazonaws.com.cn'],
    ['eusc-de-east-1', 'ec2.eusc-de-east-1.amazonaws.eu'],
  ])('asks the endpoint of the Region where no other is set: %s', async (region, host) => {
    const asked = `import dns from 'node:dns';
      dns.lookup = (host, options, done) => {
        console.log(JSON.stringify({ host }));
        done(Object.assign(new Error(host), { code: 'ENOTFOUND' }));
      };`;
    const preload = `data:text/javascript,${encodeURIComponent(asked)}`;
    const { lines, error } = await invoke(
      fresh({ region }),
      { ...ENVIRONMENT, AWS_REGION: region, NODE_OPTIONS: `--import ${preload}` },
      { arn: FUNCTION_ARN.replace(REGION, region), remainingMs: 3_100 },
    );
    expect(lines[0]).toEqual({ host });
    expect(lines).toContainEqual({ host: host.replace('ec2.', 'sqs.') });
    expect(error).toContain(`command not sent: ${INSTANCE_ID} (ENOTFOUND)`);
  });

  it("throws before Lambda's time is over when it is throttled for ever", async () => {
    aws.answers('ec2', ec2Fault('RequestLimitExceeded', 503));
    const startMs = Date.now();
    const { log, error } = await run(fresh(), { remainingMs: 4_500 });
    expect(error).toBe(`command not sent: ${INSTANCE_ID} (RequestLimitExceeded)`);
    expect(log).toMatchObject([{ phase: 'notSent' }]);
    expect(Date.now() - startMs).toBeLessThan(4_500);
    expect(aws.calls.length).toBeGreaterThan(2);
  });

  it('reports only metrics of the contract', async () => {
    aws.answers('ec2', instance(GUARDED));
    aws.answers('ssm', commandTaken());
    const { metrics } = await run(fresh());
    const names = Object.keys(metrics).filter((key) => key !== '_aws' && key !== 'service');
    expect(Object.values(METRICS)).toEqual(expect.arrayContaining(names));
  });

  it('leaves a ticket when the command has left, held back by the queue and settled one by one', async () => {
    aws.answers('ec2', instance(GUARDED));
    aws.answers('ssm', commandTaken('command-1'));
    const event = fresh();
    const { output, error } = await run(event);
    expect(error).toBe('');
    expect(aws.queueCalls).toEqual([
      {
        action: 'SendMessageBatch',
        input: {
          QueueUrl: ENVIRONMENT[FUNCTION_VARIABLES.settlementQueue],
          Entries: [
            {
              Id: '0',
              MessageBody: expect.any(String),
              MessageGroupId: INSTANCE_ID,
              MessageDeduplicationId: `${INSTANCE_ID}/${event.time}/terminate/commandSent`,
            },
          ],
        },
      },
    ]);
    const body = ticketLeft();
    expect(JSON.parse(body)).toEqual({
      version: 1,
      instanceId: INSTANCE_ID,
      action: 'terminate',
      noticeTime: event.time,
      deadline: Date.parse(String(event.time)) / 1000 + 120,
      left: 'commandSent',
      guarded: true,
      commandId: 'command-1',
      document: 'SpotGuard-Document-1',
      sentMs: expect.any(Number),
      eventId: event.id,
      settings: { grace: '5', state: '$(reboot) "é' },
    });
    expect(output).not.toContain('reboot');
  });

  it.each([
    ['a notice that came late', () => spotEvent(), described([]), { left: 'late', guarded: false }],
    [
      'a command that failed',
      fresh,
      instance(GUARDED),
      { left: 'notSent', guarded: true, reason: 'InvalidDocument' },
    ],
    [
      'an instance that was shutting down',
      fresh,
      instance(GUARDED, 'shutting-down'),
      { left: 'unreachable', guarded: true, reason: 'shutting-down' },
    ],
    [
      'an instance that EC2 does not name',
      fresh,
      described([]),
      { left: 'notSent', guarded: false, reason: 'InstanceNotFound' },
    ],
  ])('leaves a ticket for %s too', async (_name, event, answer, expected) => {
    aws.answers('ec2', answer);
    aws.answers('ssm', ssmFault('InvalidDocument'));
    await run(event());
    const body = ticketLeft();
    expect(JSON.parse(body)).toMatchObject(expected);
    expect(JSON.parse(body)).not.toHaveProperty('commandId');
  });

  it.each([
    ['an untagged instance', fresh, {}],
    ['a recommendation that is declined', recommendation, GUARDED],
    ['what is no notice', () => null, GUARDED],
  ])('leaves no ticket for %s', async (_name, event, tags) => {
    aws.answers('ec2', instance(tags as Record<string, string>));
    await run(event());
    expect(aws.queueCalls).toEqual([]);
  });

  it.each([
    ['SQS says no', ssmFault('com.amazonaws.sqs#QueueDoesNotExist'), 'QueueDoesNotExist'],
    [
      'SQS takes the call and not the ticket',
      {
        status: 200,
        body: '{"Successful":[],"Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}]}',
      },
      'InternalError',
    ],
  ])('says so and throws where %s: the command has left all the same', async (_name, answer, reason) => {
    aws.answers('ec2', instance(GUARDED));
    aws.answers('ssm', commandTaken());
    aws.answers('sqs', answer);
    const { log, metrics, error } = await run(fresh(), { remainingMs: 3_000 });
    expect(error).toBe(`ticket not left: ${INSTANCE_ID} (${reason})`);
    expect(log).toMatchObject([
      { phase: 'commandSent' },
      { level: 'ERROR', phase: 'noTicket', reason, instanceId: INSTANCE_ID },
    ]);
    expect(metrics).toMatchObject({ CommandsSent: 1, TicketsNotLeft: 1 });
  });

  it.each([FUNCTION_VARIABLES.document, FUNCTION_VARIABLES.defaults, FUNCTION_VARIABLES.settlementQueue])(
    'does not start without %s',
    async (name) => {
      const { [name]: _gone, ...rest } = ENVIRONMENT;
      expect((await invoke(fresh(), rest)).error).toContain(`wrong environment: ${name} is missing`);
    },
  );
});
