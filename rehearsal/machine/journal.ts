// Follows the journals that the guard writes in the sandbox, line by line while they grow.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENTS, EXIT, JOURNAL_PHASES, PATHS } from '../../contract/instance.ts';
import { isObject } from '../template/template.ts';
import type { Mood } from '../timeline.ts';

export interface JournalLine {
  /** The name of the run whose journal it is in. */
  readonly run: string;
  /** Epoch seconds. */
  readonly t: number;
  readonly phase: (typeof JOURNAL_PHASES)[number];
  readonly stage?: string;
  readonly task?: string;
  /** Of `started`: who brought the notice. */
  readonly by?: string;
  /** Of `stageEnded`: when it started, as `t`. */
  readonly started?: number;
  readonly exit?: number;
  readonly seconds?: number;
  readonly until?: number;
  readonly note?: string;
  readonly count?: number;
}

const POLL_MS = 40;

export class JournalFollower {
  readonly lines: JournalLine[] = [];
  /** Lines that are none of the guard's journal. */
  readonly faults: string[] = [];
  readonly #runs: string;
  readonly #onLine: (line: JournalLine) => void;
  readonly #read = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(root: string, onLine: (line: JournalLine) => void) {
    this.#runs = join(root, PATHS.runs);
    this.#onLine = onLine;
    this.#timer = setInterval(() => this.poll(), POLL_MS);
  }

  /** Takes what has been written since the last look. A line that is not whole yet waits. */
  poll(): void {
    if (!existsSync(this.#runs)) return;
    for (const run of readdirSync(this.#runs)) {
      const file = join(this.#runs, run, 'journal.jsonl');
      if (!existsSync(file)) continue;
      const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      for (const text of whole.slice(this.#read.get(file) ?? 0)) this.#take(text, run);
      this.#read.set(file, whole.length);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.poll();
  }

  #take(text: string, run: string): void {
    const line = parseLine(text, run);
    if (!line) {
      this.faults.push(text);
      return;
    }
    this.lines.push(line);
    this.#onLine(line);
  }
}

/** Why that run's plan runs: its name says it. */
export function eventOf(run: string): (typeof EVENTS)[number] {
  return EVENTS.find((event) => run.endsWith(`-${event}`)) ?? 'interruption';
}

function parseLine(text: string, run: string): JournalLine | undefined {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(line) || typeof line.t !== 'number') return undefined;
  const { phase: got } = line;
  return JOURNAL_PHASES.some((phase) => phase === got)
    ? ({ ...line, run } as unknown as JournalLine)
    : undefined;
}

interface Shown {
  readonly what: string;
  readonly mood: Mood;
}

/** What a line says to a reader, and which plan it is of where that is none of an interruption; some are the guard's own. */
export function showJournal(line: JournalLine): Shown | undefined {
  const event = eventOf(line.run);
  const shown = show(line);
  return shown && event !== 'interruption' ? { ...shown, what: `${event}: ${shown.what}` } : shown;
}

function show(line: JournalLine): Shown | undefined {
  const { phase, by, stage = '', task = '', exit, seconds, note, count } = line;
  const ended = `${exit === undefined ? '' : `exit ${exit}`}${seconds === undefined ? '' : ` after ${seconds.toFixed(1)} s`}`;
  const mood: Mood = exit === undefined ? 'plain' : exit === EXIT.ok ? 'good' : 'bad';
  const why = note === undefined ? '' : `: ${note}`;
  switch (phase) {
    case 'started':
      return {
        what: `the plan starts${by === undefined ? '' : `, brought by the ${by}`}`,
        mood: 'plain',
      };
    case 'takenOver':
      return { what: 'another runner takes over', mood: 'bad' };
    case 'stageStarted':
      return { what: `${stage} starts`, mood: 'plain' };
    case 'taskStarted':
      return { what: `${stage}: ${task} starts`, mood: 'plain' };
    case 'taskRuns':
      return undefined;
    case 'taskEnded':
      return { what: `${stage}: ${task} ended, ${ended}${why}`, mood };
    case 'stageEnded':
      return { what: `${stage} ended, ${ended}`, mood };
    case 'joined':
      return { what: 'the other path joins: its settings, or its earlier deadline, hold now', mood: 'plain' };
    case 'leftoversEnded':
      return { what: `left in the background and ended now: ${count} processes`, mood: 'bad' };
    case 'ended':
      return { what: 'the plan has ended', mood: 'plain' };
    case 'startedAgain':
      return { what: note ?? phase, mood: 'good' };
    case 'superseded':
      return { what: `${phase}${why}`, mood: 'plain' };
    case 'thawed':
    case 'warning':
      return { what: `${phase}${why}`, mood: 'bad' };
  }
}
