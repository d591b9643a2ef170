// After the work: messages that are done with leave the queue, some to the dead letters, and the others come again.
import type { DeadLetter, Waiting } from './domain/waiting.ts';
import type { PutOff, QueuePorts } from './ports.ts';

export interface Untidy {
  /** Those that Lambda handed over: it deletes what is not named as failed. The others were drawn. */
  readonly given: readonly Waiting[];
  readonly done: readonly Waiting[];
  readonly letters: readonly DeadLetter[];
  readonly again: readonly PutOff[];
}

export interface Tidied {
  readonly buried: readonly DeadLetter[];
  /** Those given that come again. */
  readonly comeAgain: readonly Waiting[];
  /** Why calls were given up, each reason once. Their messages come again when their visibility ends. */
  readonly failures: readonly string[];
}

/** Seconds after which it is tried to bury what could not be. */
const BURY_AGAIN_SECONDS = 5;

/** What is done leaves the queue whatever becomes of the letters. */
export async function tidy(
  { given, done, letters, again }: Untidy,
  untilMs: number,
  { deadLetter, remove, putOff }: Pick<QueuePorts, 'deadLetter' | 'remove' | 'putOff'>,
): Promise<Tidied> {
  const isGiven = new Set(given);
  const drawn = (messages: readonly Waiting[]): Waiting[] => messages.filter((one) => !isGiven.has(one));
  const [notBuried, ...first] = await Promise.all([
    deadLetter(letters, untilMs),
    remove(drawn(done), untilMs),
    putOff(again, untilMs),
  ]);
  const buried = letters.filter((letter) => !notBuried.has(letter));
  const kept = [...notBuried.keys()].map(({ message }) => ({ message, seconds: BURY_AGAIN_SECONDS }));
  const second = await Promise.all([
    remove(drawn(buried.map(({ message }) => message)), untilMs),
    putOff(kept, untilMs),
  ]);
  const failures = [notBuried, ...first, ...second].flatMap((failed) => [...failed.values()]);
  return {
    buried,
    comeAgain: [...again, ...kept].map(({ message }) => message).filter((one) => isGiven.has(one)),
    failures: [...new Set(failures)],
  };
}
