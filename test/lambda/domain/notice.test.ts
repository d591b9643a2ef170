import { describe, expect, it } from 'vitest';
import { homeOf, parseEvent } from '../../../lambda/domain/notice.ts';
import { ACCOUNT, FUNCTION_ARN, NOTICE_MS, REGION, spotEvent } from '../events.ts';

const HOME = { account: ACCOUNT, region: REGION };
const parse = (event: unknown) => parseEvent(event, HOME, NOTICE_MS);
const detail = (changes: Record<string, unknown>) =>
  spotEvent({ detail: { 'instance-id': 'i-0b662ef9931388ba0', 'instance-action': 'terminate', ...changes } });

describe('parseEvent', () => {
  it('makes a notice of a Spot interruption warning, with the deadline two minutes on', () => {
    expect(parse(spotEvent())).toEqual({
      kind: 'notice',
      notice: {
        instanceId: 'i-0b662ef9931388ba0',
        action: 'terminate',
        noticeTime: '2026-02-04T15:28:15Z',
        noticeMs: NOTICE_MS,
        deadline: NOTICE_MS / 1000 + 120,
        eventId: '1e5527d7-bb36-4607-3370-4164db56a40e',
      },
    });
  });

  it.each(['terminate', 'stop', 'hibernate'])('knows the action %s', (action) => {
    expect(parse(detail({ 'instance-action': action }))).toMatchObject({ notice: { action } });
  });

  it.each([
    ['another version', spotEvent({ version: '7' })],
    ['no version', spotEvent({ version: undefined })],
    ['unknown fields', spotEvent({ surprise: { deep: [1] } })],
    ['resources that are no array', spotEvent({ resources: 'none' })],
    ['an instance id of eight digits', detail({ 'instance-id': 'i-0a1b2c3d' })],
    ['no event id', spotEvent({ id: undefined })],
    ['a time just within the clock skew', spotEvent({ time: new Date(NOTICE_MS + 300_000).toISOString() })],
    ['an old time', spotEvent({ time: '2020-02-29T23:59:59Z' })],
  ])('takes an event with %s', (_name, event) => {
    expect(parse(event).kind).toBe('notice');
  });

  it('floors a fraction of a second away from the deadline', () => {
    expect(parse(spotEvent({ time: '2026-02-04T15:28:14.987Z' }))).toMatchObject({
      notice: { deadline: NOTICE_MS / 1000 - 1 + 120, noticeMs: NOTICE_MS - 13 },
    });
  });

  it.each([['a space b'], ['x'.repeat(65)], [17], ['$(reboot)'], ['a\n']])(
    'drops the unfit event id %j',
    (id) => {
      expect(parse(spotEvent({ id }))).toMatchObject({ kind: 'notice', notice: { eventId: undefined } });
    },
  );

  it.each([
    ['null', null, 'not an object', 'null'],
    ['undefined', undefined, 'not an object', 'undefined'],
    ['an array', [spotEvent()], 'not an object', 'an array'],
    ['a string', 'event', 'not an object', 'event'],
    ['a number', 7, 'not an object', 'number'],
    ['an empty object', {}, 'unknown source', 'undefined'],
    ['another source', spotEvent({ source: 'aws.ec2 ' }), 'unknown source', 'aws.ec2 '],
    ['a source of several', spotEvent({ source: ['aws.ec2'] }), 'unknown source', 'an array'],
    [
      'another kind',
      spotEvent({ 'detail-type': 'EC2 Instance State-change Notification' }),
      'unknown detail-type',
    ],
    ['a foreign account', spotEvent({ account: '999999999999' }), 'foreign account', '999999999999'],
    ['an account as a number', spotEvent({ account: 123456789012 }), 'foreign account', 'number'],
    ['a foreign Region', spotEvent({ region: 'us-east-1' }), 'foreign region', 'us-east-1'],
    ['no time', spotEvent({ time: undefined }), 'malformed time', 'undefined'],
    ['a time as a number', spotEvent({ time: NOTICE_MS }), 'malformed time', 'number'],
    ['a time with an offset', spotEvent({ time: '2026-02-04T15:28:15+00:00' }), 'malformed time'],
    ['a time without a zone', spotEvent({ time: '2026-02-04T15:28:15' }), 'malformed time'],
    ['a date alone', spotEvent({ time: '2026-02-04' }), 'malformed time', '2026-02-04'],
    ['a day that is none', spotEvent({ time: '2026-02-30T00:00:00Z' }), 'malformed time'],
    ['an hour that is none', spotEvent({ time: '2026-02-03T24:00:00Z' }), 'malformed time'],
    ['a second that is none', spotEvent({ time: '2026-02-03T23:59:60Z' }), 'malformed time'],
    ['a time with a line after', spotEvent({ time: '2026-02-04T15:28:15Z\n' }), 'malformed time'],
    ['a time far ahead', spotEvent({ time: '2026-02-04T15:34:15Z' }), 'time in the future'],
    ['no detail', spotEvent({ detail: undefined }), 'malformed detail', 'undefined'],
    ['a detail of null', spotEvent({ detail: null }), 'malformed detail', 'null'],
    ['a detail that is a list', spotEvent({ detail: [] }), 'malformed detail', 'an array'],
    ['a detail that is a string', spotEvent({ detail: '{}' }), 'malformed detail', '{}'],
    ['no instance id', detail({ 'instance-id': undefined }), 'malformed instance-id', 'undefined'],
    ['an empty instance id', detail({ 'instance-id': '' }), 'malformed instance-id', ''],
    ['an instance id of nine digits', detail({ 'instance-id': 'i-0a1b2c3d4' }), 'malformed instance-id'],
    ['an instance id in capitals', detail({ 'instance-id': 'i-0A1B2C3D' }), 'malformed instance-id'],
    [
      'a line after the instance id',
      detail({ 'instance-id': 'i-0a1b2c3d\n' }),
      'malformed instance-id',
      'i-0a1b2c3d?',
    ],
    ['a hybrid node', detail({ 'instance-id': 'mi-0b662ef9931388ba0' }), 'malformed instance-id'],
    [
      'an instance id as a list',
      detail({ 'instance-id': ['i-0a1b2c3d'] }),
      'malformed instance-id',
      'an array',
    ],
    [
      'an action in capitals',
      detail({ 'instance-action': 'Terminate' }),
      'unknown instance-action',
      'Terminate',
    ],
    [
      'an inherited name',
      detail({ 'instance-action': 'constructor' }),
      'unknown instance-action',
      'constructor',
    ],
    ['no action', detail({ 'instance-action': undefined }), 'unknown instance-action', 'undefined'],
  ])('ignores %s', (_name, event, reason, got?: string) => {
    const parsed = parse(event);
    expect(parsed).toMatchObject({ kind: 'ignored', ignored: { phase: 'ignored', reason } });
    if (got !== undefined) expect(parsed).toMatchObject({ ignored: { got } });
  });

  it('repeats a hostile value only cut and in printable ASCII', () => {
    const hostile = `\u001b[31m\u2028"},{"level":"ERROR\u0000${'é'.repeat(100_000)}`;
    const parsed = parse(spotEvent({ source: hostile }));
    if (parsed.kind !== 'ignored') throw new Error('taken for a notice');
    expect(parsed.ignored.got).toMatch(/^[\x20-\x7e]{1,83}$/);
  });

  it('ignores every event that lacks one of the fields it reads', () => {
    for (const field of ['source', 'detail-type', 'account', 'region', 'time', 'detail']) {
      const { [field]: _gone, ...rest } = spotEvent();
      expect(parse(rest), field).toMatchObject({ kind: 'ignored' });
    }
  });

  it('survives what JSON can hold but no event does', () => {
    const hostile = JSON.parse(
      '{"__proto__":{"source":"aws.ec2"},"constructor":1,"detail":{"__proto__":{}}}',
    );
    expect(parse(hostile)).toMatchObject({ ignored: { reason: 'unknown source' } });
    expect(
      parse(spotEvent({ detail: JSON.parse('{"__proto__":{"instance-id":"i-0a1b2c3d"}}') })),
    ).toMatchObject({
      ignored: { reason: 'malformed instance-id' },
    });
  });
});

describe('a warning of a Capacity Reservation', () => {
  const names = [
    'EC2 Capacity Reservation Instance Interruption Warning',
    'EC2 Interruptible Capacity Reservation Instance Interruption Warning',
  ];
  const warning = (terminationTime: unknown, name = names[0]) =>
    spotEvent({
      'detail-type': name,
      detail: {
        'instance-id': 'i-0b662ef9931388ba0',
        'instance-action': 'terminate',
        'instance-termination-time': terminationTime,
        azId: 'use2-az2',
      },
    });

  it.each(names)('makes a notice with the very time that it names: %s', (name) => {
    expect(parse(warning('2026-02-04T15:30:05Z', name))).toMatchObject({
      kind: 'notice',
      notice: { deadline: NOTICE_MS / 1000 + 110, noticeMs: NOTICE_MS, action: 'terminate' },
    });
  });

  it('floors a fraction of a second away', () => {
    expect(parse(warning('2026-02-04T15:30:05.9Z'))).toMatchObject({
      notice: { deadline: NOTICE_MS / 1000 + 110 },
    });
  });

  it.each([
    ['no time, as in the user guide', undefined],
    ['a word', 'soon'],
    ['null', null],
    ['a number', NOTICE_MS],
    ['a time before the notice', '2026-02-04T15:28:14Z'],
    ['a time more than an hour on', '2026-02-04T16:28:16Z'],
    ['another zone', '2026-02-04T16:30:05+01:00'],
  ])('has two minutes with %s for a time: it is not lost', (_name, time) => {
    expect(parse(warning(time))).toMatchObject({
      kind: 'notice',
      notice: { deadline: NOTICE_MS / 1000 + 120 },
    });
  });

  it('is the only one whose time counts', () => {
    const event = detail({ 'instance-termination-time': '2026-02-04T15:28:20Z' });
    expect(parse(event)).toMatchObject({ notice: { deadline: NOTICE_MS / 1000 + 120 } });
  });
});

describe('a rebalance recommendation', () => {
  const names = ['EC2 Instance Rebalance Recommendation', 'EC2 Spot Instance Rebalance Recommended'];
  const recommendation = (changes: Record<string, unknown> = {}, name = names[0]) =>
    spotEvent({ 'detail-type': name, detail: { 'instance-id': 'i-0b662ef9931388ba0', ...changes } });

  it.each(names)('makes a notice that a save within ten minutes answers: %s', (name) => {
    expect(parse({ ...recommendation({}, name), time: '2026-02-04T15:28:14.987Z' })).toEqual({
      kind: 'notice',
      notice: {
        instanceId: 'i-0b662ef9931388ba0',
        action: 'rebalance',
        noticeTime: '2026-02-04T15:28:14.987Z',
        noticeMs: NOTICE_MS - 13,
        deadline: NOTICE_MS / 1000 - 1 + 600,
        eventId: '1e5527d7-bb36-4607-3370-4164db56a40e',
      },
    });
  });

  it.each(['terminate', 'hibernate', 'Terminate', null, 7])(
    'does not look at an action or an end: %j',
    (action) => {
      const event = recommendation({
        'instance-action': action,
        'instance-termination-time': '2026-02-04T15:28:20Z',
      });
      expect(parse(event)).toMatchObject({
        notice: { action: 'rebalance', deadline: NOTICE_MS / 1000 + 600 },
      });
    },
  );

  it('is no action that an interruption can name', () => {
    expect(parse(detail({ 'instance-action': 'rebalance' }))).toMatchObject({
      ignored: { reason: 'unknown instance-action' },
    });
  });

  it.each([
    ['a foreign account', { account: '999999999999' }, 'foreign account'],
    ['a foreign Region', { region: 'us-east-1' }, 'foreign region'],
    ['a time far ahead', { time: '2026-02-04T15:34:15Z' }, 'time in the future'],
    ['no instance id', { detail: {} }, 'malformed instance-id'],
  ])('is ignored as a notice is, with %s', (_name, changes, reason) => {
    expect(parse({ ...recommendation(), ...changes })).toMatchObject({ ignored: { reason } });
  });
});

describe('homeOf', () => {
  it.each([
    FUNCTION_ARN,
    `${FUNCTION_ARN}:$LATEST`,
    `${FUNCTION_ARN}:live`,
    FUNCTION_ARN.replace('arn:aws:', 'arn:aws-us-gov:'),
  ])('reads account and Region from %s', (arn) => {
    expect(homeOf(arn)).toEqual({ ...HOME, partition: arn.split(':')[1] });
  });

  it.each(['', 'respond', `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-0a1b2c3d`])('refuses %j', (arn) => {
    expect(() => homeOf(arn)).toThrow(/^invoked function ARN not understood: got /);
  });
});
