// The built bundle of respond as a process: what it asks EC2 and SSM, and what it says of each notice.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FUNCTION_VARIABLES } from '../../contract/environment.ts';
import { METRICS } from '../../contract/metrics.ts';
import { commandTaken, described, ec2Fault, ssmFault } from './aws-endpoint.ts';
import { FUNCTION_ARN, REGION, spotEvent } from './events.ts';
import { ENVIRONMENT, invoke } from './invoke.ts';
import {
  fresh,
  GUARDED,
  INSTANCE_ID,
  instance,
  openRespondingPlace,
  type RespondingPlace,
  recommendation,
} from './responding-place.ts';

let place: RespondingPlace;
beforeAll(async () => {
  place = await openRespondingPlace();
});
afterAll(() => place.aws.close());
beforeEach(() => place.aws.reset());

describe('the bundle on the wire', { timeout: 20_000 }, () => {
  it('carries every field of both calls and reads both answers', async () => {
    place.aws.answers('ec2', described([[{ instanceId: 'i-0a1b2c3d' }]], 'page-2'), instance(GUARDED));
    place.aws.answers('ssm', commandTaken('command-1'));
    const event = fresh();
    const { log, metrics, error } = await place.run(event);
    expect(error).toBe('');
    expect(place.aws.calls).toEqual([
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
    place.aws.answers('ec2', instance(tags));
    const { log, metrics, output, error } = await place.run(fresh());
    expect(error).toBe('');
    expect(log).toMatchObject([{ level, phase: 'unguarded', reason, instanceId: INSTANCE_ID }]);
    expect(metrics).toMatchObject({ NoticesUnguarded: 1 });
    expect(output).not.toContain('secret');
    expect(place.aws.calls.map((call) => call.action)).toEqual(['DescribeInstances']);
  });

  it.each([
    ['no rebalance tag', {}, 'INFO', 'no rebalance tag'],
    ['a near miss', { 'spot-guard:rebalance': 'Save; secret' }, 'WARN', 'other rebalance tag value'],
  ])('declines a recommendation at %s in one line, without the value', async (_name, tags, level, reason) => {
    place.aws.answers('ec2', instance({ ...GUARDED, ...tags }));
    const { log, metrics, output, error } = await place.run(recommendation());
    expect(error).toBe('');
    const message = 'recommendation declined';
    expect(log).toMatchObject([{ level, message, phase: 'declined', reason, action: 'rebalance' }]);
    expect(metrics).toMatchObject({ RecommendationsDeclined: 1 });
    expect(output).not.toContain('secret');
    expect(place.aws.calls.map((call) => call.action)).toEqual(['DescribeInstances']);
  });

  it('hands a recommendation on to an instance that asks to be saved then', async () => {
    place.aws.answers('ec2', instance({ 'spot-guard': 'enabled', 'spot-guard:rebalance': 'save' }));
    place.aws.answers('ssm', commandTaken());
    const event = recommendation();
    const { log, metrics, error } = await place.run(event);
    expect(error).toBe('');
    const { Notices } = (place.aws.calls[1]?.input.Parameters ?? {}) as { Notices?: string[] };
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
    place.aws.answers('ec2', instance(tags));
    place.aws.answers('ssm', commandTaken());
    const { log, lines, output } = await place.run(fresh());
    const unknownTags = `spot-guard:unit, spot-guard:zz??"},{${'x'.repeat(21)}`;
    expect(log).toEqual([expect.objectContaining({ phase, instanceId: INSTANCE_ID, unknownTags })]);
    expect(lines).toHaveLength(2);
    expect(output).not.toContain('secret');
  });

  it('tells of a late notice without a call', async () => {
    const { log, metrics, error } = await place.run(spotEvent());
    expect(error).toBe('');
    expect(log).toMatchObject([{ level: 'WARN', phase: 'late' }]);
    expect(log[0]?.secondsLeft).toBeLessThan(0);
    expect(metrics).toMatchObject({ NoticesLate: 1 });
    expect(place.aws.calls).toEqual([]);
  });

  it('tells of an instance that was shutting down already', async () => {
    place.aws.answers('ec2', instance(GUARDED, 'shutting-down'));
    const { log, metrics, error } = await place.run(fresh());
    expect(error).toBe('');
    expect(log).toMatchObject([{ level: 'WARN', phase: 'unreachable', reason: 'shutting-down' }]);
    expect(metrics).toMatchObject({ NoticesUnreachable: 1 });
  });

  it.each([
    ['null', null, 'not an object'],
    ['a foreign account', fresh({ account: '999999999999' }), 'foreign account'],
    ['a hostile source', fresh({ source: `\u001b[31m"},{${'x'.repeat(200_000 / 10)}` }), 'unknown source'],
  ])('ignores %s with a line and a count, and throws nothing', async (_name, event, reason) => {
    const { log, lines, metrics, output, error } = await place.run(event);
    expect(error).toBe('');
    expect(lines).toHaveLength(2);
    expect(log).toMatchObject([{ level: 'WARN', phase: 'ignored', reason, got: expect.any(String) }]);
    expect(metrics).toMatchObject({ NoticesIgnored: 1 });
    expect(output.length).toBeLessThan(2_000);
    expect(place.aws.calls).toEqual([]);
  });

  it('takes a qualifier behind its own name', async () => {
    place.aws.answers('ec2', instance({}));
    expect((await place.run(fresh(), { arn: `${FUNCTION_ARN}:live` })).log).toMatchObject([
      { phase: 'unguarded' },
    ]);
  });

  it.each([
    ['InvalidInstanceId', ssmFault('InvalidInstanceId')],
    ['AccessDeniedException', ssmFault('AccessDeniedException')],
  ])('throws %s with the instance, after it has said so', async (reason, fault) => {
    place.aws.answers('ec2', instance(GUARDED));
    place.aws.answers('ssm', fault);
    const { log, metrics, error } = await place.run(fresh());
    expect(error).toBe(`command not sent: ${INSTANCE_ID} (${reason})`);
    expect(log).toMatchObject([{ level: 'ERROR', phase: 'notSent', reason, instanceId: INSTANCE_ID }]);
    expect(metrics).toMatchObject({ CommandsNotSent: 1 });
  });

  it('throws for an instance that EC2 does not name', async () => {
    place.aws.answers('ec2', described([]));
    expect((await place.run(fresh())).error).toBe(`command not sent: ${INSTANCE_ID} (InstanceNotFound)`);
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
    expect(error).toContain(`command not sent: ${INSTANCE_ID} (ENOTFOUND)`);
  });

  it.each([
    ['EC2', ec2Fault('RequestLimitExceeded', 503), commandTaken(), 'RequestLimitExceeded', 1],
    ['SSM', instance(GUARDED), ssmFault('ThrottlingException'), 'ThrottlingException', 2],
  ])(
    'throws at once where %s throttles it: the overflow queue asks for many at a time',
    async (_name, ec2, ssm, reason, calls) => {
      place.aws.answers('ec2', ec2);
      place.aws.answers('ssm', ssm);
      const { log, error } = await place.run(fresh());
      expect(error).toBe(`command not sent: ${INSTANCE_ID} (${reason})`);
      expect(log).toMatchObject([{ phase: 'notSent' }]);
      expect(place.aws.calls).toHaveLength(calls);
    },
  );

  it("throws before Lambda's time is over when EC2 is broken for ever", async () => {
    place.aws.answers('ec2', ec2Fault('InternalError', 500));
    const startMs = Date.now();
    const { log, error } = await place.run(fresh(), { remainingMs: 4_500 });
    expect(error).toBe(`command not sent: ${INSTANCE_ID} (InternalError)`);
    expect(log).toMatchObject([{ phase: 'notSent' }]);
    expect(Date.now() - startMs).toBeLessThan(4_500);
    expect(place.aws.calls.length).toBeGreaterThan(2);
  });

  it('reports only metrics of the contract', async () => {
    place.aws.answers('ec2', instance(GUARDED));
    place.aws.answers('ssm', commandTaken());
    const { metrics } = await place.run(fresh());
    const names = Object.keys(metrics).filter((key) => key !== '_aws' && key !== 'service');
    expect(Object.values(METRICS)).toEqual(expect.arrayContaining(names));
  });

  it.each([
    FUNCTION_VARIABLES.document,
    FUNCTION_VARIABLES.defaults,
    FUNCTION_VARIABLES.settlementQueue,
    FUNCTION_VARIABLES.overflowQueue,
    FUNCTION_VARIABLES.deadLetterQueue,
  ])('does not start without %s', async (name) => {
    const { [name]: _gone, ...rest } = ENVIRONMENT;
    expect((await invoke(fresh(), rest)).error).toContain(`wrong environment: ${name} is missing`);
  });
});
