// Takes more messages than Lambda hands over: without a window, for which a quiet queue waits, those are ten at most.
import type { Waiting } from '../domain/waiting.ts';
import type { OverflowPorts } from '../ports.ts';

/** Calls at once, at most. */
const AT_ONCE = 8;
/** ReceiveMessage gives no more. */
const RECEIVED = 10;

/**
 * First by one call, then by more at once as long as some come: a queue that is empty costs one. It does not wait, so of
 * few messages SQS may not find all; they are there for the next call.
 *
 * @throws CallFailed
 */
export async function draw(
  most: number,
  untilMs: number,
  { receive }: Pick<OverflowPorts, 'receive'>,
): Promise<Waiting[]> {
  const drawn: Waiting[] = [];
  for (let calls = 1; drawn.length < most; calls = Math.min(2 * calls, AT_ONCE)) {
    const wanted = Math.min(calls, Math.ceil((most - drawn.length) / RECEIVED));
    const sizes = Array.from({ length: wanted }, (_, nth) =>
      Math.min(RECEIVED, most - drawn.length - nth * RECEIVED),
    );
    const received = (await Promise.all(sizes.map((size) => receive(size, untilMs)))).flat();
    if (received.length === 0) break;
    drawn.push(...received);
  }
  return drawn;
}
