// A folder that stands for a machine with the built guard on it, and the guard's processes there.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { METADATA_VARIABLE, PATHS, ROOT_VARIABLE } from '../contract/instance.ts';

export const GUARD = fileURLToPath(new URL('../dist/instance/spot-guard.pyz', import.meta.url));
const PATIENCE_MS = 20_000;

/** The program itself: what is first in PATH may be a script that looks for it. */
export async function findPython(): Promise<{ path: string; version: string }> {
  const words = 'import sys; print(sys.executable, sys.version.split()[0])';
  const { stdout } = await promisify(execFile)('python3', ['-c', words]);
  const [path = '', version = ''] = stdout.trim().split(' ');
  return { path, version };
}

interface Watcher {
  readonly process: ChildProcess;
  /** All that it has said. */
  readonly said: () => string;
}

export class GuardedMachine {
  readonly root: string;
  readonly python: string;
  readonly #metadataUrl: string;

  private constructor(root: string, python: string, metadataUrl: string) {
    this.root = root;
    this.python = python;
    this.#metadataUrl = metadataUrl;
  }

  static async set(python: string, metadataUrl: string): Promise<GuardedMachine> {
    const root = await mkdtemp(join(tmpdir(), 'spot-guard-bench-'));
    await mkdir(join(root, 'run'));
    return new GuardedMachine(root, python, metadataUrl);
  }

  async hook(stage: string, name: string, script: string): Promise<void> {
    const path = join(this.root, PATHS.hooks, stage, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, script, { mode: 0o755 });
  }

  /** Python with the guard's options and those before them. */
  start(args: readonly string[], options: readonly string[] = []): ChildProcess {
    return spawn(this.python, [...options, '-I', '-S', ...args], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        [ROOT_VARIABLE]: this.root,
        [METADATA_VARIABLE]: this.#metadataUrl,
      },
    });
  }

  /** The watcher, when it knows its instance and its settings: it then only polls. */
  async startWatcher(options: readonly string[] = []): Promise<Watcher> {
    const watcher = this.start([GUARD, 'watch'], options);
    let said = '';
    for (const stream of [watcher.stdout, watcher.stderr]) {
      stream?.on('data', (data: Buffer) => {
        said += data.toString();
      });
    }
    await eventually(`the watcher to know its settings, and not: ${said.slice(-500)}`, () =>
      said.includes('settings: metadata tags, guarded') ? true : undefined,
    );
    return { process: watcher, said: () => said };
  }

  /** Lines of the journals of all runs here. */
  async journal(): Promise<Record<string, unknown>[]> {
    const runs = join(this.root, PATHS.runs);
    const names = await readdir(runs).catch(() => []);
    const texts = names.map((name) => readFile(join(runs, name, 'journal.jsonl'), 'utf8').catch(() => ''));
    return (await Promise.all(texts)).flatMap((text) =>
      text
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );
  }

  /** Ends the runners, which wait for five minutes whether the machine lives on, and removes the folder. */
  async remove(): Promise<void> {
    for (const { phase, pid } of await this.journal()) {
      if (phase === 'started') endProcess(Number(pid));
    }
    await rm(this.root, { recursive: true, force: true });
  }
}

/** @throws Error where it takes too long */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Also one that has ended. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
