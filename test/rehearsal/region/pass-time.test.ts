// Skipped time, and what Lambda does for a queue that it reads.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Clock } from '../../../rehearsal/region/clock.ts';
import { type EventSource, type Invoked, readOnce } from '../../../rehearsal/region/event-source.ts';
import { passTime } from '../../../rehearsal/region/pass-time.ts';
import { Queue } from '../../../rehearsal/region/queue.ts';
import type { Json } from '../../../rehearsal/template/template.ts';
import { temporaryFolder } from '../world.ts';

const folder = temporaryFolder();
const clock = () => new Clock(join(mkdtempSync(join(folder, 'clock-')), 'clock'));
const source: EventSource = {
  queueArn: 'q',
  functionArn: 'f',
  batchSize: 10,
  concurrency: 1,
  reportsFailures: true,
};

function queueOf(now: () => number, dead?: Queue): Queue {
  const redrive = dead === undefined ? {} : { redrive: { to: () => dead, maxReceives: 3 } };
  const base = { arn: 'arn:aws:sqs:us-east-1:123456789012:q', url: 'http://127.0.0.1/q', policy: null };
  return new Queue({
    ...base,
    name: dead === undefined ? 'dead' : 'q',
    visibilitySeconds: 60,
    now,
    ...redrive,
  });
}

/** A function of the test's: what it is asked, and what it answers. */
function functionThat(answer: (event: Json) => Json): Invoked {
  const invoke = async (event: Json) => ({ requestId: 'r', payload: answer(event) });
  return { spec: { name: 'f', arn: 'f' }, invoke };
}
const failing = functionThat((event) => ({
  batchItemFailures: (event as unknown as { Records: { messageId: string }[] }).Records.map(
    ({ messageId }) => ({
      itemIdentifier: messageId,
    }),
  ),
}));
const reading = (queue: Queue, target: Invoked, more: Partial<EventSource> = {}, may = true) => ({
  source: { ...source, ...more },
  queue,
  target,
  region: 'us-east-1',
  may: async () => may,
});

describe('a queue that Lambda reads', () => {
  it('loses what the function has done, and keeps what failed until it comes again', async () => {
    const dead = queueOf(Date.now);
    const queue = queueOf(Date.now, dead);
    queue.send('one');
    expect(await readOnce(reading(queue, failing))).toBe(1);
    expect(queue.messages).toHaveLength(1);
    expect(await readOnce(reading(queue, failing))).toBe(0);
    queue.changeVisibility(queue.messages[0]?.receiptHandle ?? '', 0);
    expect(
      await readOnce(
        reading(
          queue,
          functionThat(() => ({ batchItemFailures: [] })),
        ),
      ),
    ).toBe(1);
    expect(queue.messages).toHaveLength(0);
  });

  it('loses all of a batch where failures are not reported', async () => {
    const queue = queueOf(Date.now, queueOf(Date.now));
    queue.send('one');
    await readOnce(reading(queue, failing, { reportsFailures: false }));
    expect(queue.messages).toHaveLength(0);
  });

  it('is not read where the role may not', async () => {
    const queue = queueOf(Date.now, queueOf(Date.now));
    await expect(readOnce(reading(queue, failing, {}, false))).rejects.toThrow(
      'Lambda may not sqs:ReceiveMessage q',
    );
  });
});

describe('time that is skipped', () => {
  it('ends when nothing waits, with what was tried too often as a dead letter', async () => {
    const time = clock();
    const dead = queueOf(time.now);
    const queue = queueOf(time.now, dead);
    queue.send('never', {}, { delaySeconds: 150 });
    const began = Date.now();
    const problems: string[] = [];
    const passing = {
      clock: time,
      sources: [reading(queue, failing)],
      schedules: [],
      permissions: [],
      functions: [failing],
      onProblem: (problem: string) => problems.push(problem),
    };
    await passTime(passing, began + 1_000, new AbortController().signal);
    expect(problems).toEqual([]);
    expect([queue.messages.length, dead.messages.map(({ body }) => body)]).toEqual([0, ['never']]);
    // Its delay, and three visibilities.
    expect(time.now() - began).toBeGreaterThanOrEqual((150 + 3 * 60) * 1000);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it('never goes back', () => {
    const time = clock();
    time.skipTo(Date.now() + 60_000);
    time.skipTo(Date.now() + 1_000);
    expect(time.now() - Date.now()).toBeGreaterThan(59_000);
  });
});
