// Virtual time, and what is built on it: a clock that jumps, buckets that fill, a queue that shows again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bucket } from '../../simulation/bucket.ts';
import { chanceOf } from '../../simulation/chance.ts';
import { Queue } from '../../simulation/queue.ts';
import { VirtualTime } from '../../simulation/time.ts';

describe('virtual time', () => {
  it('wakes in order, equal moments as they were asked for, however deep a promise lies', async () => {
    const time = new VirtualTime(0);
    const woken: string[] = [];
    const sleep = async (name: string, ...naps: number[]): Promise<void> => {
      for (const nap of naps) await time.sleep(nap);
      for (let depth = 0; depth < 50; depth += 1) await undefined;
      woken.push(`${name} ${time.now()}`);
    };
    void sleep('c', 30);
    void sleep('a', 10, 20);
    void sleep('b', 5);
    void sleep('d', 30);
    await time.runUntil(1_000);
    expect(woken).toEqual(['b 5', 'c 30', 'd 30', 'a 30']);
  });

  it('stops where it is told to, and goes on', async () => {
    const time = new VirtualTime(0);
    let woken = 0;
    void time
      .sleep(10)
      .then(() => time.sleep(10))
      .then(() => (woken = time.now()));
    await time.runUntil(15);
    expect([time.now(), woken]).toEqual([10, 0]);
    await time.runUntil(20);
    expect(woken).toBe(20);
  });
});

describe('a token bucket', () => {
  it('gives no more than it holds and what flows in, and all of that in the end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 300 }),
        (capacity, perSecond, waits) => {
          let [nowMs, given] = [0, 0];
          const bucket = new Bucket({ capacity, perSecond }, 0, () => nowMs);
          for (const wait of waits) {
            nowMs += wait;
            if (bucket.take()) given += 1;
          }
          expect(given).toBeLessThanOrEqual(capacity + (nowMs / 1000) * perSecond + 1e-6);
          while (bucket.take()) given += 1;
          nowMs += 1_000 * capacity;
          expect(bucket.take()).toBe(true);
        },
      ),
    );
  });

  it('is smaller by what others take', () => {
    let nowMs = 0;
    const bucket = new Bucket({ capacity: 100, perSecond: 20 }, 0.5, () => nowMs);
    const drain = (): number => {
      let count = 0;
      while (bucket.take()) count += 1;
      return count;
    };
    expect(drain()).toBe(50);
    nowMs = 1_000;
    expect(drain()).toBe(10);
  });
});

describe('a queue', () => {
  it('shows again what nobody deleted, when its visibility ends or as it was put off last', async () => {
    const time = new VirtualTime(0);
    const queue = new Queue(time, 20_000);
    for (const body of ['deleted', 'kept', 'put off']) queue.send(body);
    const [deleted, , putOff] = queue.receive(10);
    queue.delete(deleted?.receiptHandle ?? '');
    queue.putOff(putOff?.receiptHandle ?? '', 2_000);
    expect(queue.receive(10)).toEqual([]);
    await time.runUntil(2_000);
    expect(queue.receive(10).map(({ body, receives }) => [body, receives])).toEqual([['put off', 2]]);
    await time.runUntil(20_000);
    expect(queue.receive(10).map(({ body }) => body)).toEqual(['kept']);
    expect(queue.size).toBe(2);
  });

  it('gives ten at most', () => {
    const queue = new Queue(new VirtualTime(0), 20_000);
    for (let nth = 0; nth < 25; nth += 1) queue.send(String(nth));
    expect([100, 100, 100].map((most) => queue.receive(most).length)).toEqual([10, 10, 5]);
  });
});

describe('chance', () => {
  it('draws latencies whose half and whose hundredth are as the parameters say', () => {
    const { latency } = chanceOf(7);
    const drawn = Array.from({ length: 20_000 }, () => latency({ median: 100, p99: 500 })).sort(
      (one, other) => one - other,
    );
    expect(drawn[10_000]).toBeGreaterThan(95);
    expect(drawn[10_000]).toBeLessThan(105);
    expect(drawn[19_800]).toBeGreaterThan(450);
    expect(drawn[19_800]).toBeLessThan(550);
  });
});
