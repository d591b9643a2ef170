// The use case of the overflow queue: what could not be answered at once is answered together with all that waits there,
// again and again until its deadline. Poison, and what was tried in time and not sent, goes to the dead letters.
import type { Settings } from '../../contract/tags.ts';
import type { AnsweredNotice, Told } from '../domain/answered.ts';
import type { Home, Ignored, Notice } from '../domain/notice.ts';
import { ticketOf } from '../domain/ticket.ts';
import { type DeadLetter, FAULT, isTriedAgain, open, type Waiting, waitSeconds } from '../domain/waiting.ts';
import { draw } from '../draw.ts';
import type { OverflowPorts } from '../ports.ts';
import { tidy } from '../tidy.ts';
import { askFleet } from './ask-fleet.ts';
import { sendApart } from './refused.ts';
import { respond } from './respond.ts';

/** Messages at a time: the values that one filter of DescribeInstances takes. */
export const MOST_MESSAGES = 200;

export interface Lane {
  readonly home: Pick<Home, 'account' | 'region'>;
  readonly defaults: Settings;
  /** The SSM document that is sent. */
  readonly document: string;
  /** Epoch milliseconds. Commands leave until then. */
  readonly sendUntilMs: number;
  /** Epoch milliseconds. Tickets are left, and the queue is tidied, until then. */
  readonly untilMs: number;
}

export interface Emptied {
  readonly told: readonly Told[];
  /** Those given that come again. The others are the caller's to delete; those drawn are dealt with. */
  readonly comeAgain: readonly Waiting[];
}

/** Milliseconds kept back from the tickets: what is answered must leave the queue, or it is answered again. */
const BURY_MS = 1_500;

interface Answer {
  readonly message: Waiting;
  readonly answered: AnsweredNotice;
}

/**
 * Where a call to a queue fails nothing is lost: its messages come again when their visibility ends, and a command that
 * is sent twice runs once.
 *
 * @param given up to `MOST_MESSAGES`; more are drawn from the queue
 */
export async function answerWaiting(
  given: readonly Waiting[],
  lane: Lane,
  ports: OverflowPorts,
): Promise<Emptied> {
  const told: Told[] = [];
  const { messages: drawn, failed } = await draw(MOST_MESSAGES - given.length, lane.sendUntilMs, ports);
  if (failed !== undefined) told.push({ phase: 'queueFailed', reason: failed });
  const { answers, ignored, letters } = await answerAll([...given, ...drawn], lane, ports);
  told.push(...ignored, ...answers.map(({ answered }) => answered));

  const nowMs = ports.now();
  const waiting = answers.filter(({ message, answered }) => isTriedAgain(answered, message.receives, nowMs));
  const again = new Map<Waiting, Notice>(waiting.map(({ message, answered }) => [message, answered.notice]));
  const ended = answers.filter(({ message }) => !again.has(message));
  // Beside all that follows, of which it must take no time.
  const asked = askFleet(
    answers.filter(asksFleet).map(({ answered }) => answered),
    lane.untilMs,
    ports,
  );
  for (const { message, answered, reason } of await withoutTicket(ended, lane, ports)) {
    told.push({ phase: 'noTicket', notice: answered.notice, reason });
    again.set(message, answered.notice);
  }
  for (const { message, answered } of ended) {
    if (answered.phase !== 'notSent' || again.has(message)) continue;
    letters.push({ message, reason: answered.reason, notice: answered.notice });
  }
  const messages = [...given, ...drawn];
  const lettered = new Set(letters.map(({ message }) => message));
  const untidy = {
    given,
    done: messages.filter((message) => !lettered.has(message) && !again.has(message)),
    letters,
    again: [...again].map(([message, notice]) => ({
      message,
      seconds: waitSeconds(notice, message.receives, nowMs),
    })),
  };
  const { buried, comeAgain, failures } = await tidy(untidy, lane.untilMs, ports);
  told.push(...buried.map(({ reason, notice }): Told => ({ phase: 'deadLettered', reason, notice })));
  told.push(...failures.map((reason): Told => ({ phase: 'queueFailed', reason })));
  return { told: [...told, ...(await asked)], comeAgain };
}

async function answerAll(
  messages: readonly Waiting[],
  lane: Lane,
  ports: OverflowPorts,
): Promise<{ answers: Answer[]; ignored: Ignored[]; letters: DeadLetter[] }> {
  const ignored: Ignored[] = [];
  const letters: DeadLetter[] = [];
  const inTime = new Map<Notice, Waiting>();
  const answers: Answer[] = [];
  const nowMs = ports.now();
  // The least tried first: what is refused again and again then shares a command with its like.
  for (const message of messages.toSorted((one, other) => one.receives - other.receives)) {
    const opened = open(message, lane.home, nowMs);
    if (opened.kind === 'poison') letters.push({ message, reason: opened.reason, notice: undefined });
    else if (opened.kind === 'ignored') ignored.push(opened.ignored);
    else if (opened.kind === 'inTime') inTime.set(opened.notice, message);
    else {
      const { notice } = opened;
      answers.push({ message, answered: { phase: 'notSent', notice, reason: 'DeadlinePassed' } });
    }
  }
  for (const answered of await answerEach([...inTime.keys()], lane, ports)) {
    const message = inTime.get(answered.notice);
    if (message !== undefined) answers.push({ message, answered });
  }
  return { answers, ignored, letters };
}

/** A fault of ours that one of them brings out must not stop the others: it is found by halving, and buried. */
async function answerEach(
  notices: readonly Notice[],
  lane: Lane,
  ports: OverflowPorts,
): Promise<AnsweredNotice[]> {
  try {
    return await respond(notices, lane.defaults, lane.sendUntilMs, ports, sendApart);
  } catch (error) {
    if (notices.length === 1)
      return notices.map((notice) => ({ phase: 'notSent', notice, reason: faultOf(error) }));
    const half = Math.ceil(notices.length / 2);
    const first = await answerEach(notices.slice(0, half), lane, ports);
    return [...first, ...(await answerEach(notices.slice(half), lane, ports))];
  }
}

/** Its kind and its place: what it says may hold a tag's value. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return FAULT;
  const [, place = ''] = /\n\s+at ([^\n]{1,80})/.exec(error.stack ?? '') ?? [];
  return `${FAULT}: ${error.name} at ${place}`;
}

/**
 * Once its command has left. While that cannot leave, for its agent may never register, less and less often: a look-up may
 * fail, and so may the asking, and what is asked for twice is done once.
 */
function asksFleet({ message: { receives }, answered: { phase } }: Answer): boolean {
  return phase === 'commandSent' || (phase === 'notSent' && Number.isInteger(Math.log2(receives)));
}

async function withoutTicket(
  ended: readonly Answer[],
  { document, untilMs }: Lane,
  ports: OverflowPorts,
): Promise<(Answer & { readonly reason: string })[]> {
  const answers = new Map(
    ended.flatMap((answer) => {
      const ticket = ticketOf(answer.answered, document);
      return ticket === undefined ? [] : [[ticket, answer] as const];
    }),
  );
  const notLeft = await ports.leaveTickets([...answers.keys()], untilMs - BURY_MS);
  return [...notLeft].flatMap(([ticket, reason]) => {
    const answer = answers.get(ticket);
    return answer === undefined ? [] : [{ ...answer, reason }];
  });
}
