// The use case of the fleet queue: all that waits there is done together, each action beside the other.
import type { FleetRequest } from '../../contract/fleet.ts';
import { FLEET_ACTION_NAMES, parseRequest } from '../domain/fleet-request.ts';
import { type DeadLetter, type Waiting, waitSeconds } from '../domain/waiting.ts';
import { draw } from '../draw.ts';
import type { FleetPorts, PutOff } from '../ports.ts';
import { tidy } from '../tidy.ts';
import { type Acted, act } from './fleet.ts';

/** Messages at a time: two calls of DescribeAutoScalingInstances. */
const MOST_MESSAGES = 100;
/** Milliseconds: what is throttled for longer comes again, and makes room for others. */
const TRY_MS = 6_000;

export type Told =
  | Acted
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'queueFailed'; readonly reason: string };

/**
 * @param actUntilMs epoch milliseconds, as `untilMs`, until which the queue is tidied
 * @param tell gets what became of an action when it has ended, whatever keeps the other
 * @returns those given that come again
 */
export async function doRequests(
  given: readonly Waiting[],
  { actUntilMs, untilMs }: { readonly actUntilMs: number; readonly untilMs: number },
  ports: FleetPorts,
  tell: (told: readonly Told[]) => void,
): Promise<readonly Waiting[]> {
  const { messages: drawn, failed } = await draw(MOST_MESSAGES - given.length, actUntilMs, ports);
  const messages = new Map<FleetRequest, Waiting>();
  const letters: DeadLetter[] = [];
  for (const message of [...given, ...drawn]) {
    const parsed = parseRequest(message.body);
    if ('request' in parsed) messages.set(parsed.request, message);
    else letters.push({ message, reason: `MalformedRequest: ${parsed.fault}`, notice: undefined });
  }
  const tryUntilMs = Math.min(actUntilMs, ports.now() + TRY_MS);
  const again: PutOff[] = [];
  await Promise.all(
    FLEET_ACTION_NAMES.map(async (action) => {
      const asked = [...messages.keys()].filter(({ fleetAction }) => fleetAction === action);
      const acted = await act(action, asked, tryUntilMs, ports);
      const nowMs = ports.now();
      tell(
        acted.map((one) => {
          const message = messages.get(one.request);
          if (one.kind !== 'again' || message === undefined) return one;
          const seconds = waitSeconds(one.request, message.receives, nowMs);
          if (nowMs / 1000 + seconds >= one.request.deadline) return { ...one, kind: 'failed' };
          again.push({ message, seconds });
          return one;
        }),
      );
    }),
  );
  const putOff = new Set(again.map(({ message }) => message));
  const done = [...messages.values()].filter((message) => !putOff.has(message));
  const { buried, comeAgain, failures } = await tidy({ given, done, letters, again }, untilMs, ports);
  const reasons = new Set([...(failed === undefined ? [] : [failed]), ...failures]);
  tell([
    ...buried.map(({ reason }): Told => ({ kind: 'malformed', reason })),
    ...[...reasons].map((reason): Told => ({ kind: 'queueFailed', reason })),
  ]);
  return comeAgain;
}
