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

export class Timeline {
  #deadline: number | undefined;
  readonly #onEntry: ((entry: Entry) => void) | undefined;
  readonly #entries: Entry[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(onEntry?: (entry: Entry) => void) {
    this.#onEntry = onEntry;
  }

  /** Once the deadline is known, in epoch seconds. What was added before is told now. */
  start(deadline: number): void {
    this.#deadline = deadline;
    for (const add of this.#waiting.splice(0)) add();
  }

  add(who: string, what: string, mood: Mood = 'plain', at = Date.now() / 1000): void {
    const deadline = this.#deadline;
    if (deadline === undefined) {
      this.#waiting.push(() => this.add(who, what, mood, at));
      return;
    }
    const entry = { at, secondsLeft: Math.round((deadline - at) * 1000) / 1000, who, what, mood };
    this.#entries.push(entry);
    this.#onEntry?.(entry);
  }

  /** In the order of time: a journal is read a moment after it was written. */
  entries(): readonly Entry[] {
    return this.#entries.toSorted((a, b) => a.at - b.at);
  }
}

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
