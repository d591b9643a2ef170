// The installed units of a sandbox: which run, and what the watcher says. The stand-in of systemd writes both down.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { PATHS, WATCH_UNIT } from '../../contract/instance.ts';
import { type Instance, lines } from './instance.ts';
import { processesOf, sessionOf } from './processes.ts';

const POLL_MS = 40;
const UNITS = 'rehearsal/units';
/** Where its services have no suffix. */
const knownAs = (unit: string): string => unit.replace(/\.service$/, '');

/** Session by unit. Those of transient units, as a plan's runner is one, are none. */
export function servicesOf(instance: Instance): Map<string, number> {
  const folder = instance.at(UNITS);
  const units = existsSync(instance.at(PATHS.units)) ? readdirSync(instance.at(PATHS.units)) : [];
  const alive = new Set(processesOf(instance.root));
  const found = new Map<string, number>();
  for (const unit of units) {
    const file = `${folder}/${knownAs(unit)}`;
    if (!existsSync(file)) continue;
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number };
    if (alive.has(pid)) found.set(unit, pid);
  }
  return found;
}

/** Processes of the machine that belong to no installed unit. */
export function besideServices(instance: Instance): number[] {
  const sessions = new Set(servicesOf(instance).values());
  return processesOf(instance.root).filter((pid) => !sessions.has(sessionOf(pid) ?? 0));
}

/** The watcher itself; undefined where none runs. */
export function watcherOf(instance: Instance): number | undefined {
  const manager = servicesOf(instance).get(WATCH_UNIT);
  return processesOf(instance.root).find((pid) => pid !== manager && sessionOf(pid) === manager);
}

/** Follows what the watcher prints, line by line. */
export class WatcherFollower {
  readonly lines: string[] = [];
  readonly #instance: Instance;
  readonly #onLine: (line: string) => void;
  readonly #timer: NodeJS.Timeout;

  constructor(instance: Instance, onLine: (line: string) => void) {
    this.#instance = instance;
    this.#onLine = onLine;
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#poll();
  }

  #poll(): void {
    const text = this.#instance.read(`rehearsal/said/${knownAs(WATCH_UNIT)}.log`);
    const whole = lines(text.slice(0, text.lastIndexOf('\n') + 1));
    for (const line of whole.slice(this.lines.length)) {
      this.lines.push(line);
      this.#onLine(line);
    }
  }
}
