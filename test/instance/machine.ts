// A folder in which the built document's steps run, one after the other, as the SSM agent starts them.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { STEPS } from '../../contract/document.ts';
import { METADATA_VARIABLE, PATHS, ROOT_VARIABLE } from '../../contract/instance.ts';
import type { Action, Notices } from '../../contract/notices.ts';
import type { Report } from '../../contract/report.ts';
import type { Settings } from '../../contract/tags.ts';

/** The whole guard, as it is installed. */
export const GUARD = join(import.meta.dirname, '../../dist/instance/spot-guard.pyz');
/** Behind whatever chooses among several: that takes longer than Python itself. */
const PYTHON = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();
export const INSTANCE_ID = 'i-0123456789abcdef0';
const document = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../dist/instance/graceful-shutdown.json'), 'utf8'),
) as { mainSteps: { name: string; inputs: { runCommand: string[] } }[] };

export type Step = (typeof STEPS)[number];
export interface StepEnd {
  readonly step: Step;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Epoch seconds. */
  readonly ended: number;
}
export type JournalLine = Record<string, unknown> & {
  t: number;
  phase: string;
  stage?: string;
  task?: string;
};

export class Machine {
  readonly root = mkdtempSync(join(tmpdir(), 'spot-guard-machine-'));
  readonly #path = join(this.root, 'bin');
  /** Put before the shell of each step, such as `ulimit -f 8;`. */
  prelude = '';
  /** The parameter of that name: a bucket, or nothing. */
  reports = '';
  /** Beside what the agent gives to each step: where the rehearsal has its endpoints. */
  endpoints: Readonly<Record<string, string>> = {};
  readonly #mounted: string[] = [];
  readonly #groups = new Map<Step, number>();

  constructor() {
    for (const folder of ['/run', '/bin', '/etc/spot-guard', '/srv/state']) {
      mkdirSync(join(this.root, folder), { recursive: true });
    }
    this.tool('python3', `#!/bin/sh\nexec ${PYTHON} "$@"\n`);
    for (const tool of [
      'systemctl',
      'systemd-run',
      'docker',
      'podman',
      'nerdctl',
      'reboot',
      'poweroff',
      'shutdown',
    ]) {
      this.tool(tool, '#!/bin/sh\nexit 97\n');
    }
  }

  /** A program that is found first on this machine's PATH. */
  tool(name: string, script: string): void {
    this.file(`/bin/${name}`, script, 0o755);
  }

  hook(stage: string, name: string, script: string, mode = 0o755): void {
    this.file(`${PATHS.hooks}/${stage}/${name}`, script, mode);
  }

  file(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
    chmodSync(join(this.root, path), mode);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  notices(window: number, action: Action = 'terminate', settings: Settings = {}): string {
    const deadline = Math.floor(Date.now() / 1000) + window;
    return encode({ [INSTANCE_ID]: { deadline, action, settings } });
  }

  async step(step: Step, notices: string, instanceId = INSTANCE_ID): Promise<StepEnd> {
    const lines = document.mainSteps.find(({ name }) => name === step)?.inputs.runCommand ?? [];
    const script = join(this.root, `_script-${step}-${Math.random()}.sh`);
    const filled = lines
      .join('\n')
      .replaceAll('{{ Notices }}', notices)
      .replaceAll('{{ Reports }}', this.reports)
      .replaceAll('$$', '$');
    writeFileSync(script, filled, { mode: 0o700 });
    const child = spawn('sh', ['-c', `${this.prelude}${script}`], {
      cwd: '/usr/bin',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${this.#path}:${process.env.PATH}`,
        [ROOT_VARIABLE]: this.root,
        AWS_SSM_INSTANCE_ID: instanceId,
        ...this.endpoints,
      },
    });
    this.#groups.set(step, child.pid ?? 0);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    const exit = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 137)));
    return { step, exit, stdout, stderr, ended: Date.now() / 1000 };
  }

  /** All steps in order; `accept`'s 169 skips the rest, as on the agent. */
  async run(notices: string): Promise<StepEnd[]> {
    const ends: StepEnd[] = [];
    for (const step of STEPS) {
      const end = await this.step(step, notices);
      ends.push(end);
      if (end.exit === 169) break;
    }
    return ends;
  }

  /** The installed guard's command, at this metadata service. */
  guard(args: readonly string[], metadataUrl: string, guard = GUARD): ChildProcess {
    return spawn(PYTHON, ['-I', '-S', guard, ...args], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${this.#path}:${process.env.PATH}`,
        [ROOT_VARIABLE]: this.root,
        [METADATA_VARIABLE]: metadataUrl,
        ...this.endpoints,
      },
    });
  }

  /** Runs it to its end. */
  async call(args: readonly string[], metadataUrl: string, guard = GUARD) {
    const child = this.guard(args, metadataUrl, guard);
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (data) => (stdout += data));
    child.stderr?.on('data', (data) => (stderr += data));
    const exit = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 137)));
    return { exit, stdout, stderr };
  }

  /** As the agent ends a step at its time-out or on CancelCommand. */
  killStep(step: Step): void {
    process.kill(-(this.#groups.get(step) ?? 0), 'SIGKILL');
  }

  journal(): JournalLine[] {
    const runs = join(this.root, PATHS.runs);
    if (!existsSync(runs)) return [];
    return readdirSync(runs)
      .filter((name) => /^\d+(-\w+)?$/.test(name) && existsSync(join(runs, name, 'journal.jsonl')))
      .flatMap((name) =>
        readFileSync(join(runs, name, 'journal.jsonl'), 'utf8')
          .trim()
          .split('\n'),
      )
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as JournalLine);
  }

  /** Puts a disk of its own there, of so many kilobytes. Only root may, and not in every container. */
  mount(path: string, kilobytes: number): string {
    const folder = join(this.root, path);
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder]);
    this.#mounted.push(folder);
    return folder;
  }

  /** Ids of processes that carry this machine's root in their environment: all that the guard starts do. */
  processes(containing = ''): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
          return (
            environment.includes(`${ROOT_VARIABLE}=${this.root}`) &&
            readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(containing)
          );
        } catch {
          return false; // ended meanwhile
        }
      })
      .map(Number);
  }

  /** Those that a plan should have ended. Its runner waits a while, for the machine may live on. */
  leftovers(): number[] {
    const waits = (pid: number): boolean => {
      const [, run] = /\0run\0([^\0]+)\0$/.exec(commandLine(pid)) ?? [];
      return run !== undefined && existsSync(run) && !existsSync(join(run, 'unfinished'));
    };
    return this.processes().filter((pid) => !waits(pid));
  }

  remove(): void {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // ended meanwhile
      }
    }
    for (const folder of this.#mounted) execFileSync('umount', ['--lazy', folder]);
    rmSync(this.root, { recursive: true, force: true });
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
}

/** A test's body on a machine of its own, on which it must leave no process. */
export const on = (body: (machine: Machine) => Promise<void>) => async () => {
  const machine = new Machine();
  try {
    await body(machine);
    // The runner has a little to do after its last word.
    const patience = Date.now() + 5_000;
    let left = machine.leftovers();
    while (left.length > 0 && Date.now() < patience) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      left = machine.leftovers();
    }
    if (left.length > 0) throw new Error(`processes are left on the machine: ${left.join(', ')}`);
  } finally {
    machine.remove();
  }
};

export const GRACEFUL = ['accept 0', 'drain 0', 'save 0', 'clean 0', 'report 0'];

export const exits = (ends: readonly StepEnd[]) => ends.map(({ step, exit }) => `${step} ${exit}`);

export function encode(notices: Notices): string {
  return Buffer.from(JSON.stringify(notices)).toString('base64url');
}

export function reportOf(ends: StepEnd[]): Report {
  return JSON.parse(ends.find(({ step }) => step === 'report')?.stdout ?? 'null') as Report;
}

/** Awaits a condition; the test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
