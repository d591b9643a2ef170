// While the machine lives: Lambda reads its queues in real time, with as many calls at once as it may.
import { setTimeout as delay } from 'node:timers/promises';
import { type ReadQueue, readOnce } from './event-source.ts';

export interface LiveReading {
  /** Takes no more, and waits for the calls that are under way. */
  stop(): Promise<void>;
}

const POLL_MS = 20;

/** From now on. A queue that may not be read is a problem that is told once. */
export function readLive(sources: readonly ReadQueue[], onProblem: (problem: string) => void): LiveReading {
  let stopped = false;
  const reading = sources.map(async (read) => {
    const underWay = new Set<Promise<void>>();
    let refused = false;
    while (!stopped && !refused) {
      const from = read.queue.nextVisibleMs();
      if (from !== undefined && from <= read.queue.now() && underWay.size < read.source.concurrency) {
        const call = readOnce(read)
          .then(() => undefined)
          .catch((error: unknown) => {
            refused = true;
            onProblem(error instanceof Error ? error.message : String(error));
          })
          .finally(() => underWay.delete(call));
        underWay.add(call);
      }
      await delay(POLL_MS);
    }
    await Promise.all(underWay);
  });
  return {
    async stop() {
      stopped = true;
      await Promise.all(reading);
    },
  };
}
