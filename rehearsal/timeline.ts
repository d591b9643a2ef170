// The story of a rehearsal, entry by entry, and how a terminal shows it.
import pc from 'picocolors';

export type Mood = 'plain' | 'good' | 'bad';

export interface Entry {
  /** Epoch seconds. */
  readonly at: number;
  readonly secondsLeft: number;
  readonly who: string;
  readonly what: string;
  readonly mood: Mood;
}

/** Milliseconds for which an entry is not told yet: a journal is read, and a pipe, a moment after it was written. */
const HOLD_MS = 300;
const LOOK_MS = 50;

export class Timeline {
  #deadline: number | undefined;
  readonly #onEntry: ((entry: Entry) => void) | undefined;
  readonly #entries: Entry[] = [];
  readonly #waiting: (() => void)[] = [];
  #held: Entry[] = [];
  readonly #timer: NodeJS.Timeout | undefined;

  readonly #now: () => number;

  /** `onEntry` gets each entry once, in the order of time. `now`: epoch milliseconds. */
  constructor(onEntry?: (entry: Entry) => void, now: () => number = Date.now) {
    this.#onEntry = onEntry;
    this.#now = now;
    if (onEntry) this.#timer = setInterval(() => this.#tell(now() - HOLD_MS), LOOK_MS).unref();
  }

  /** Once the deadline is known, in epoch seconds. What was added before is told now. */
  start(deadline: number): void {
    this.#deadline = deadline;
    for (const add of this.#waiting.splice(0)) add();
  }

  add(who: string, what: string, mood: Mood = 'plain', at = this.#now() / 1000): void {
    const deadline = this.#deadline;
    if (deadline === undefined) {
      this.#waiting.push(() => this.add(who, what, mood, at));
      return;
    }
    const entry = { at, secondsLeft: Math.round((deadline - at) * 1000) / 1000, who, what, mood };
    this.#entries.push(entry);
    if (this.#onEntry) this.#held.push(entry);
  }

  /** No entry comes any more: what is held back is told now. */
  end(): void {
    clearInterval(this.#timer);
    this.#tell(Number.POSITIVE_INFINITY);
  }

  /** In the order of time. */
  entries(): readonly Entry[] {
    return inOrder(this.#entries);
  }

  #tell(untilMs: number): void {
    const ready = inOrder(this.#held.filter(({ at }) => at * 1000 <= untilMs));
    this.#held = this.#held.filter(({ at }) => at * 1000 > untilMs);
    for (const entry of ready) this.#onEntry?.(entry);
  }
}

const inOrder = (entries: readonly Entry[]): Entry[] => entries.toSorted((a, b) => a.at - b.at);

/** One aligned line; coloured only where `colours` says so. */
export function showEntry({ secondsLeft, who, what, mood }: Entry, colours: boolean): string {
  const { dim, cyan, green, red } = pc.createColors(colours);
  const left = `T${secondsLeft < 0 ? '+' : '-'}${Math.abs(secondsLeft).toFixed(1)} s`.padStart(9);
  const tint = { plain: (text: string) => text, good: green, bad: red }[mood];
  return `${dim(left)}  ${cyan(who.padEnd(12))}  ${tint(printable(what))}`;
}

/** An event file may hold anything, a terminal's control sequences included. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
