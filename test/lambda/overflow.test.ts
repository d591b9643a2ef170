// The bundle of `respond` on a batch of the overflow queue: what it draws, sends, puts off and gives up.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ec2Instance } from '../../rehearsal/region/endpoints/ec2.ts';
import { instanceIdOf } from './events.ts';
import { failuresOf, type LoopbackPlace, openLoopbackPlace } from './loopback-place.ts';
import { fresh } from './responding-place.ts';

let place: LoopbackPlace;
beforeEach(async () => {
  place = await openLoopbackPlace();
});
afterEach(() => place.close());

const running = (nth: number, tags: Record<string, string> = {}): Ec2Instance => ({
  id: instanceIdOf(nth),
  tags: { 'spot-guard': 'enabled', ...tags },
  state: 'running',
  launchedMs: Date.now() - 3_600_000,
});
const eventOf = (nth: number, changes: Record<string, unknown> = {}) =>
  fresh({ detail: { 'instance-id': instanceIdOf(nth), 'instance-action': 'terminate' }, ...changes });
const bare = (nth: number, changes = {}): string => JSON.stringify(eventOf(nth, changes));
const record = (nth: number, changes = {}): string =>
  JSON.stringify({
    version: '1.0',
    requestPayload: eventOf(nth, changes),
    responsePayload: { errorMessage: 'command not sent' },
  });
const many = (count: number, of: (nth: number) => string = record): string[] =>
  Array.from({ length: count }, (_, nth) => of(nth));
const callsOf = (action: string) => place.calls.filter((call) => call.action === action);
const phases = (log: readonly Record<string, unknown>[]) => {
  const counts: Record<string, number> = {};
  for (const { phase } of log) counts[String(phase)] = (counts[String(phase)] ?? 0) + 1;
  return counts;
};
const secondsToNext = () => ((place.overflow.nextVisibleMs() ?? 0) - Date.now()) / 1000;

describe('the overflow queue', { timeout: 30_000 }, () => {
  it('is answered whole: bodies of both shapes by one command, each with a ticket', async () => {
    place.instances.push(running(0), running(1));
    const { answer, log, error } = await place.answer(bare(0), record(1));
    expect(error).toBe('');
    expect(failuresOf(answer)).toEqual([]);
    expect(phases(log)).toEqual({ commandSent: 2 });
    expect(place.commands.invocations.map(({ instanceId }) => instanceId)).toEqual([
      instanceIdOf(0),
      instanceIdOf(1),
    ]);
    expect(callsOf('SendCommand')).toHaveLength(1);
    expect(callsOf('ReceiveMessage')).toHaveLength(1);
    expect(place.queue.messages.map(({ body }) => JSON.parse(body).left)).toEqual([
      'commandSent',
      'commandSent',
    ]);
    expect(place.overflow.messages).toEqual([]);
  });

  it('is drawn from in a flood: 230 notices are one look-up, and four commands of 50 for 200 of them', async () => {
    for (let nth = 0; nth < 230; nth += 1) place.instances.push(running(nth));
    const { log, metrics, lines } = await place.answer(...many(230));
    const drawn = callsOf('ReceiveMessage').map(({ status, ms }) => `${status} after ${ms} ms`);
    expect(phases(log), drawn.join()).toEqual({ commandSent: 200 });
    expect(callsOf('DescribeInstances')).toHaveLength(1);
    expect(callsOf('SendCommand')).toHaveLength(4);
    expect(place.overflow.messages).toHaveLength(30);
    expect(place.queue.messages).toHaveLength(200);
    expect(metrics).toHaveProperty('CommandsSent');
    const counted = lines.filter((line) => '_aws' in line).flatMap(({ CommandsSent }) => CommandsSent ?? []);
    expect(counted).toHaveLength(200);
  });

  it('keeps nobody back for one instance that SSM does not know, and tries that one again', async () => {
    for (let nth = 0; nth < 50; nth += 1) place.instances.push(running(nth));
    place.unregistered.add(instanceIdOf(7));
    const { log, answer } = await place.answer(...many(50));
    expect(phases(log)).toEqual({ commandSent: 49, notSent: 1 });
    expect(callsOf('SendCommand')).toHaveLength(2);
    expect(place.overflow.messages).toHaveLength(1);
    expect(secondsToNext()).toBeGreaterThan(0);
    expect(secondsToNext()).toBeLessThanOrEqual(2);
    expect(failuresOf(answer)).toHaveLength(1);
    expect(place.queue.messages).toHaveLength(49);
  });

  it('keeps nobody back for one instance whose tag is gone by now, as the role sees it', async () => {
    for (let nth = 0; nth < 3; nth += 1) place.instances.push(running(nth));
    place.untagged.add(instanceIdOf(1));
    const { log } = await place.answer(...many(3));
    expect(phases(log)).toEqual({ commandSent: 2, notSent: 1 });
  });

  it('buries what is no notice, with the reason, and answers the others', async () => {
    place.instances.push(running(0));
    const { log, answer, metrics } = await place.answer('{', record(0), 'null');
    expect(failuresOf(answer)).toEqual([]);
    expect(phases(log)).toEqual({ commandSent: 1, deadLettered: 2 });
    expect(place.deadLetters.messages).toMatchObject([
      { body: '{', attributes: { reason: 'MalformedBody' } },
      { body: 'null', attributes: { reason: 'MalformedBody' } },
    ]);
    expect(place.overflow.messages).toEqual([]);
    expect(metrics).toMatchObject({ NoticesDeadLettered: [1, 1], CommandsSent: 1 });
  });

  it('buries poison that is too large for one call beside another, each by a call of its own', async () => {
    place.instances.push(running(0));
    const big = (sign: string): string => `{${sign.repeat(600_000)}`;
    // Seen only when the function draws.
    for (const sign of ['a', 'b']) place.overflow.send(big(sign), {}, { delaySeconds: 0.02 });
    const { log } = await place.answer(record(0));
    expect(phases(log)).toEqual({ commandSent: 1, deadLettered: 2 });
    expect(place.deadLetters.messages).toHaveLength(2);
    expect(place.overflow.messages).toEqual([]);
  });

  it('drops what it saw first after its deadline, and buries what was tried in time', async () => {
    const old = { time: new Date(Date.now() - 125_000).toISOString().replace(/\.\d+Z$/, 'Z') };
    const { log } = await place.answer(bare(0, old), record(1, old));
    expect(phases(log)).toEqual({ late: 1, notSent: 1, deadLettered: 1 });
    expect(place.deadLetters.messages).toMatchObject([{ attributes: { reason: 'DeadlinePassed' } }]);
    expect(place.queue.messages.map(({ body }) => JSON.parse(body).left).sort()).toEqual(['late', 'notSent']);
    expect(callsOf('DescribeInstances')).toEqual([]);
  });

  it('buries what could not be sent when the next try would be too late, with the reason of the last', async () => {
    place.instances.push(running(0));
    place.unregistered.add(instanceIdOf(0));
    const time = new Date(Date.now() - 118_000).toISOString().replace(/\.\d+Z$/, 'Z');
    const { log, answer } = await place.answer(record(0, { time }));
    expect(failuresOf(answer)).toEqual([]);
    expect(phases(log)).toEqual({ notSent: 1, deadLettered: 1 });
    expect(place.deadLetters.messages).toMatchObject([{ attributes: { reason: 'InvalidInstanceId' } }]);
    expect(JSON.parse(place.queue.messages[0]?.body ?? '')).toMatchObject({
      left: 'notSent',
      reason: 'InvalidInstanceId',
      guarded: true,
    });
  });

  it('is silent about instances that are not guarded, and asks for them once', async () => {
    for (let nth = 0; nth < 20; nth += 1) place.instances.push({ ...running(nth), tags: {} });
    const { log } = await place.answer(...many(20));
    expect(phases(log)).toEqual({ unguarded: 20 });
    expect(log.every(({ level }) => level === 'INFO')).toBe(true);
    expect(place.queue.messages).toEqual([]);
    expect(callsOf('DescribeInstances')).toHaveLength(1);
  });

  it.each([
    ['ec2', 'DescribeInstances', 'RequestLimitExceeded'],
    ['ssm', 'SendCommand', 'ThrottlingException'],
  ])('tries again while %s throttles %s, then puts all of them off', async (service, action, reason) => {
    for (let nth = 0; nth < 12; nth += 1) place.instances.push(running(nth));
    place.faults.push({ of: 'function', service, action, kind: 'throttle' });
    const { log, answer } = await place.answer(...many(12));
    expect(log).toHaveLength(12);
    expect(new Set(log.map((line) => line.reason))).toEqual(new Set([reason]));
    expect(callsOf(action).length).toBeGreaterThan(2);
    expect(failuresOf(answer)).toHaveLength(10);
    expect(place.overflow.messages).toHaveLength(12);
    expect(place.queue.messages).toEqual([]);
    expect(secondsToNext()).toBeLessThanOrEqual(2);
  });

  it('answers those it was given where it cannot draw more, and says so', async () => {
    place.instances.push(running(0));
    place.faults.push({ of: 'function', service: 'sqs', action: 'ReceiveMessage', kind: 'deny' });
    const { log, answer, metrics } = await place.answer(record(0));
    expect(failuresOf(answer)).toEqual([]);
    expect(phases(log)).toEqual({ queueFailed: 1, commandSent: 1 });
    expect(metrics).toMatchObject({ QueueCallsFailed: 1 });
  });

  it('answers those it was given while the queue says nothing more', async () => {
    place.instances.push(running(0));
    place.faults.push({ of: 'function', service: 'sqs', action: 'ReceiveMessage', kind: 'hang' });
    const { log, answer } = await place.answer(record(0));
    expect(failuresOf(answer)).toEqual([]);
    expect(phases(log)).toEqual({ queueFailed: 1, commandSent: 1 });
  });

  it('keeps what was drawn beside a call that failed', async () => {
    for (let nth = 0; nth < 40; nth += 1) place.instances.push(running(nth));
    place.faults.push({ of: 'function', service: 'sqs', action: 'ReceiveMessage', kind: 'deny', first: 1 });
    const { log } = await place.answer(...many(40));
    expect(phases(log)).toEqual({ queueFailed: 1, commandSent: 10 });
    await place.answer();
    expect(place.overflow.messages).toEqual([]);
  });

  it('keeps a message whose ticket or whose burial failed: it comes again', async () => {
    place.instances.push(running(0));
    place.faults.push({ of: 'function', service: 'sqs', action: 'SendMessageBatch', kind: 'deny' });
    const { log, answer } = await place.answer(record(0), '{');
    expect(failuresOf(answer)).toHaveLength(2);
    expect(phases(log)).toEqual({ commandSent: 1, noTicket: 1, queueFailed: 1 });
    expect(place.overflow.messages).toHaveLength(2);
  });

  it('writes no tag value into its log', async () => {
    place.instances.push(running(0, { 'spot-guard:units': 'secret-unit' }));
    const { output } = await place.answer(record(0));
    expect(output).not.toContain('secret-unit');
  });
});
