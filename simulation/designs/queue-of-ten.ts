// What the Kubernetes tools do: the events lie in a queue, a daemon takes ten at a time, and works on them side by side.
import type { Member } from '../fleet.ts';
import { WORKERS } from '../parameters.ts';
import { Queue } from '../queue.ts';
import type { Design } from '../world.ts';
import { answerOne } from './one-per-notice.ts';

/** Milliseconds: a message that failed comes again (aws-node-termination-handler's queue). */
const VISIBILITY_MS = 20_000;

export const queueOfTen: Design = (world) => {
  const queue = new Queue(world.time, VISIBILITY_MS);
  const members = new Map<string, Member>();
  void (async () => {
    for (;;) {
      await queue.arrives();
      await world.sleep('queueCall');
      await Promise.all(
        queue.receive(WORKERS).map(async ({ body, receiptHandle }) => {
          const member = members.get(body);
          if (member && (await answerOne(world, member))) queue.delete(receiptHandle);
        }),
      );
    }
  })();
  return async (_event, member) => {
    members.set(member.id, member);
    queue.send(member.id);
  };
};
