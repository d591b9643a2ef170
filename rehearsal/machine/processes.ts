// Which processes of this machine belong to a sandbox. They are known by its folder: in their environment, on
// their command line, or as where they stand. What clears all of it is still found by its session.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

interface Found {
  readonly pid: number;
  readonly session: number;
  readonly belongs: boolean;
}

/** Process ids, without zombies and without this process. */
export function processesOf(root: string): number[] {
  const alive = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => look(Number(name), root));
  // Only a session that began in the sandbox is its own: what it was started from goes on.
  const led = new Set(
    alive.filter(({ pid, session, belongs }) => belongs && pid === session).map(({ pid }) => pid),
  );
  return alive.filter(({ belongs, session }) => belongs || led.has(session)).map(({ pid }) => pid);
}

/** Ends all at one moment, as a reclaim ends a machine. Returns those that withstood it. */
export async function killAll(root: string, withinMs = 2_000): Promise<number[]> {
  const until = Date.now() + withinMs;
  // Stopped first: nobody may live to see another's end and act on it.
  const stopped = new Set<number>();
  for (;;) {
    const fresh = processesOf(root).filter((pid) => !stopped.has(pid));
    if (fresh.length === 0 || Date.now() > until) break;
    for (const pid of fresh) {
      send(pid, 'SIGSTOP');
      stopped.add(pid);
    }
  }
  for (;;) {
    const left = processesOf(root);
    if (left.length === 0 || Date.now() > until) return left;
    for (const pid of left) send(pid, 'SIGKILL');
    await delay(POLL_MS);
  }
}

function send(pid: number, signal: 'SIGSTOP' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone meanwhile, which is what was wanted
  }
}

function look(pid: number, root: string): Found[] {
  if (pid === process.pid) return [];
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    if (fields[0] === 'Z' || fields[0] === 'X') return [];
    const words = ['environ', 'cmdline'].map((name) =>
      readFileSync(join('/proc', String(pid), name), 'utf8'),
    );
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    const belongs = [...words, `${cwd}/`].some(
      (text) => text.includes(`${root}/`) || text.includes(`${root}\0`),
    );
    return [{ pid, session: Number(fields[3]), belongs }];
  } catch {
    return []; // gone meanwhile, or of another user and so not of the sandbox
  }
}

/** The runner of a plan that is over: it stays for some minutes, for the machine may live on. */
export function isWaitingRunner(pid: number): boolean {
  const [, run] = / run (\S+\/runs\/\S+)$/.exec(commandLine(pid)) ?? [];
  return run !== undefined && existsSync(run) && !existsSync(join(run, 'unfinished'));
}

/** Undefined where it is gone. */
export function sessionOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return Number(fields[3]);
  } catch {
    return undefined; // gone meanwhile
  }
}

/** For a problem's words; empty where it is gone. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return ''; // gone meanwhile
  }
}
