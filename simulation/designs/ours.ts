// Ours: the use cases of `respond` themselves. One call for one notice at once; what is throttled, many to a call from
// the overflow queue.
import { MARGIN_MS, TICKET_MS, TIDY_MS } from '../../lambda/domain/margins.ts';
import { parseEvent } from '../../lambda/domain/notice.ts';
import type { OverflowPorts, RespondPorts } from '../../lambda/ports.ts';
import { answerWaiting } from '../../lambda/respond/overflow.ts';
import { respond } from '../../lambda/respond/respond.ts';
import { untilTime } from '../calls.ts';
import type { LambdaFunction } from '../lambda.ts';
import { OURS } from '../parameters.ts';
import { Queue } from '../queue.ts';
import { type Design, HOME, type World } from '../world.ts';

const NONE_FAILED = new Map<never, string>();

export const ours: Design = (world) => {
  const queue = new Queue(world.time, OURS.visibilityMs);
  const lambda = world.newFunction();
  for (let nth = 0; nth < OURS.readers; nth += 1) void read(world, queue, lambda);
  return async (event) => {
    const ended = await lambda.invokeAsync(() => answerAtOnce(world, event, 'givesUp'), {
      retries: 0,
      maxAgeMs: OURS.maxAgeMs,
    });
    if (ended === 'done') return;
    await world.sleep('destination');
    const ran = ended === 'RetriesExhausted' ? { responsePayload: {} } : {};
    queue.send(JSON.stringify({ version: '1.0', requestPayload: event, ...ran }));
  };
};

/** Ours without its overflow queue: what the function cannot do while it has time, nobody does. */
export const fastLaneOnly: Design = (world) => {
  const lambda = world.newFunction();
  return async (event) => {
    await lambda.invokeAsync(() => answerAtOnce(world, event, 'triesAgain'), {
      retries: 0,
      maxAgeMs: OURS.maxAgeMs,
    });
  };
};

async function answerAtOnce(
  world: World,
  event: object,
  throttled: 'triesAgain' | 'givesUp',
): Promise<boolean> {
  const parsed = parseEvent(event, HOME, world.time.now());
  if (parsed.kind === 'ignored') return true;
  const untilMs = world.time.now() + OURS.timeoutMs - MARGIN_MS - TICKET_MS;
  const answered = await respond([parsed.notice], {}, untilMs, portsOf(world, throttled));
  if (answered.some(({ phase }) => phase === 'notSent')) return false;
  for (const { phase, notice } of answered) world.fleet.ended(notice.instanceId, phase);
  // Its ticket.
  if (answered.some(({ phase }) => phase !== 'unguarded')) await world.sleep('queueCall');
  return true;
}

function portsOf(world: World, throttled: 'triesAgain' | 'givesUp'): RespondPorts {
  const { apis, time } = world;
  return {
    describeInstances: (ids, untilMs) =>
      untilTime(world, untilMs, throttled, () => apis.describe(ids, 'filter')),
    sendCommand: ({ instanceIds }, untilMs) =>
      untilTime(world, untilMs, throttled, () => apis.send(instanceIds)),
    now: time.now,
  };
}

/** One of Lambda's readers of the queue. */
async function read(world: World, queue: Queue, lambda: LambdaFunction): Promise<never> {
  for (;;) {
    await queue.arrives();
    await world.sleep('poll');
    const given = queue.receive(10);
    if (given.length === 0) continue;
    const ended = await lambda.invoke(async () => {
      const untilMs = world.time.now() + OURS.timeoutMs - MARGIN_MS;
      const lane = {
        home: HOME,
        defaults: {},
        document: 'document',
        sendUntilMs: untilMs - TIDY_MS,
        untilMs,
      };
      const { told, comeAgain } = await answerWaiting(given, lane, overflowPorts(world, queue));
      for (const each of told) {
        if (!('notice' in each) || each.notice === undefined || each.phase === 'notSent') continue;
        world.fleet.ended(each.notice.instanceId, each.phase);
      }
      for (const message of given) if (!comeAgain.includes(message)) queue.delete(message.receiptHandle);
      return true;
    });
    // Throttled, its batch comes back when its visibility ends.
    if (ended === 'throttled') await world.time.sleep(1_000);
  }
}

function overflowPorts(world: World, queue: Queue): OverflowPorts {
  /** Batches of ten go side by side. */
  const called = async (count: number): Promise<typeof NONE_FAILED> => {
    if (count > 0) await world.sleep('queueCall');
    return NONE_FAILED;
  };
  return {
    ...portsOf(world, 'triesAgain'),
    async receive(most) {
      await world.sleep('queueCall');
      return queue.receive(most);
    },
    leaveTickets: (tickets) => called(tickets.length),
    leaveRequests: (requests) => called(requests.length),
    deadLetter: (letters) => called(letters.length),
    async remove(messages) {
      for (const { receiptHandle } of messages) queue.delete(receiptHandle);
      return called(messages.length);
    },
    async putOff(messages) {
      for (const { message, seconds } of messages) queue.putOff(message.receiptHandle, seconds * 1000);
      return called(messages.length);
    },
  };
}
