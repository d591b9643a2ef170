// What the overflow queue's use case does when something takes its time, or fails in our own code.
import { describe, expect, it } from 'vitest';
import type { Waiting } from '../../../lambda/domain/waiting.ts';
import { draw } from '../../../lambda/draw.ts';
import { CallFailed, type OverflowPorts } from '../../../lambda/ports.ts';
import { answerWaiting } from '../../../lambda/respond/overflow.ts';
import { ACCOUNT, instanceIdOf, REGION, spotEvent } from '../events.ts';

const none = async () => new Map();
const message = (nth: number, receives = 1): Waiting => ({
  id: `m${nth}`,
  receiptHandle: `r${nth}`,
  receives,
  body: JSON.stringify(
    spotEvent({
      time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      account: ACCOUNT,
      region: REGION,
      detail: { 'instance-id': instanceIdOf(nth), 'instance-action': 'terminate' },
    }),
  ),
});
/** All goes well, and nothing more is in the queue. */
const portsWith = (changes: Partial<OverflowPorts>): OverflowPorts => ({
  describeInstances: async (ids) =>
    ids.map((instanceId) => ({
      instanceId,
      state: 'running',
      tags: new Map([
        ['spot-guard', 'enabled'],
        ['spot-guard:replace', 'asg'],
      ]),
    })),
  sendCommand: async () => 'c',
  receive: async () => [],
  leaveTickets: none,
  leaveRequests: none,
  deadLetter: none,
  remove: none,
  putOff: none,
  now: () => Date.now(),
  ...changes,
});
const lane = () => ({
  home: { account: ACCOUNT, region: REGION },
  defaults: {},
  document: 'd',
  sendUntilMs: Date.now() + 5_000,
  untilMs: Date.now() + 8_000,
});

describe('a batch of the overflow queue', () => {
  it('leaves the queue before what is asked of the fleet has been left', async () => {
    const queue = [message(5)];
    const removed: string[] = [];
    let leave: (() => void) | undefined;
    const ports = portsWith({
      receive: async () => queue.splice(0),
      leaveRequests: () =>
        new Promise((resolve) => {
          leave = () => resolve(new Map());
        }),
      remove: async (messages) => {
        removed.push(...messages.map(({ id }) => id));
        leave?.();
        return new Map();
      },
    });
    const { told } = await answerWaiting([message(0)], lane(), ports);
    expect(told.map(({ phase }) => phase)).toEqual(['commandSent', 'commandSent']);
    expect(removed).toEqual(['m5']);
  });

  it('buries the one that brings out a fault of ours, and answers the others', async () => {
    const ports = portsWith({
      describeInstances: async (ids, untilMs) => {
        if (ids.includes(instanceIdOf(3))) throw new TypeError('secret tag value');
        return portsWith({}).describeInstances(ids, untilMs);
      },
    });
    const given = Array.from({ length: 9 }, (_, nth) => message(nth));
    const { told, comeAgain } = await answerWaiting(given, lane(), ports);
    expect(comeAgain).toEqual([]);
    expect(told.filter(({ phase }) => phase === 'commandSent')).toHaveLength(8);
    const [buried, ...others] = told.filter(({ phase }) => phase === 'deadLettered');
    expect(others).toEqual([]);
    expect(buried).toMatchObject({ notice: { instanceId: instanceIdOf(3) } });
    expect(JSON.stringify(buried)).toMatch(/Fault: TypeError at /);
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  it('puts those that were tried least into the first command', async () => {
    const sent: (readonly string[])[] = [];
    const ports = portsWith({
      sendCommand: async ({ instanceIds }) => {
        sent.push(instanceIds);
        return 'c';
      },
    });
    const given = Array.from({ length: 60 }, (_, nth) => message(nth, nth < 10 ? 9 : 1));
    await answerWaiting(given, lane(), ports);
    expect(sent.map(({ length }) => length)).toEqual([50, 10]);
    expect(sent[0]).not.toContain(instanceIdOf(0));
  });
});

describe('drawing', () => {
  it('keeps what came beside a call that failed, and stops', async () => {
    let calls = 0;
    const drawn = await draw(200, Date.now() + 5_000, {
      now: () => Date.now(),
      receive: async () => {
        calls += 1;
        if (calls === 3) throw new CallFailed('ReceiveMessage', 'ECONNRESET');
        return [message(calls)];
      },
    });
    expect(drawn).toMatchObject({ failed: 'ECONNRESET', messages: [{ id: 'm1' }, { id: 'm2' }] });
    expect(calls).toBe(3);
  });

  it('stops at bodies that no notice has', async () => {
    const big = { ...message(0), body: 'x'.repeat(1_000_000) };
    const drawn = await draw(200, Date.now() + 5_000, { now: () => Date.now(), receive: async () => [big] });
    expect(drawn.messages.length).toBeLessThanOrEqual(4);
  });

  it('gives all of it two seconds', async () => {
    const untils: number[] = [];
    const startMs = Date.now();
    await draw(10, startMs + 60_000, {
      now: () => startMs,
      receive: async (_most, untilMs) => {
        untils.push(untilMs - startMs);
        return [];
      },
    });
    expect(untils).toEqual([2_000]);
  });
});
