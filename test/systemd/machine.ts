// A Debian machine with a real systemd, booted in namespaces of its own, with the metadata service at its real address.
// Needs root, debootstrap, systemd-nspawn and nsenter.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
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
import { setTimeout as delay } from 'node:timers/promises';

const PACKAGES = ['systemd', 'systemd-sysv', 'dbus', 'python3-minimal', 'libpython3-stdlib'];
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const GUARD = join(import.meta.dirname, '../../dist/instance/spot-guard.pyz');
const METADATA = join(import.meta.dirname, '../../rehearsal/machine/metadata-main.ts');
export const INSTANCE_ID = 'i-0123456789abcdef0';
const POLL_MS = 50;

export interface Called {
  readonly exit: number;
  readonly out: string;
}

export class SystemdMachine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'spot-guard-systemd-'));
  readonly root = join(this.#folder, 'root');
  #container: ChildProcess | undefined;
  #metadata: ChildProcess | undefined;
  #leader = 0;

  /** Debian's own packages, and the guard as a file of root's. */
  install(): void {
    const options = ['--variant=minbase', `--include=${PACKAGES.join(',')}`, 'bookworm', this.root];
    execFileSync('debootstrap', options, { stdio: ['ignore', 'ignore', 'inherit'] });
    cpSync(GUARD, join(this.root, 'root/spot-guard.pyz'));
  }

  async boot(): Promise<void> {
    const options = ['--boot', '--register=no', '--keep-unit', '--private-network', '--quiet'];
    this.#container = spawn('systemd-nspawn', ['-D', this.root, '--machine=spot-guard-test', ...options], {
      stdio: 'ignore',
      detached: true,
    });
    await until(() => {
      this.#leader = childOf(this.#container?.pid ?? 0, 'systemd');
      return this.#leader > 0 && /^(running|degraded)/.test(this.call('systemctl', 'is-system-running').out);
    });
    await this.#openMetadata();
  }

  /** Off and on again. What is in /run is gone. */
  async reboot(): Promise<void> {
    const off = once(this.#container ?? process, 'exit');
    this.powerOff();
    await off;
    await this.boot();
  }

  /** As a host that fails: nothing is told to end. */
  powerOff(): void {
    this.#metadata?.kill('SIGKILL');
    if (this.#leader > 0) process.kill(this.#leader, 'SIGKILL');
    this.#leader = 0;
  }

  remove(): void {
    this.powerOff();
    this.#container?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  call(...command: string[]): Called {
    const line = [
      '-t',
      String(this.#leader),
      '-m',
      '-u',
      '-i',
      '-n',
      '-p',
      '--',
      'env',
      '-i',
      `PATH=${PATH}`,
      ...command,
    ];
    try {
      return {
        exit: 0,
        out: execFileSync('nsenter', line, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
      };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number | null; stdout: string; stderr: string };
      return { exit: status ?? 137, out: `${stdout}${stderr}` };
    }
  }

  guard(...args: string[]): Called {
    return this.call('python3', '-I', '-S', '/root/spot-guard.pyz', ...args);
  }

  file(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
    chmodSync(join(this.root, path), mode);
  }

  /** What lies on the disk; of /run, `call` must ask. */
  read(path: string): string {
    return existsSync(join(this.root, path)) ? readFileSync(join(this.root, path), 'utf8') : '';
  }

  /** The journals of all runs of this boot. */
  journal(): string {
    return this.call('sh', '-c', 'cat /run/spot-guard/runs/*/journal.jsonl 2>/dev/null | tr -d "\\0"').out;
  }

  /** An order to the metadata service. */
  metadata(order: object): void {
    this.#metadata?.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** EC2 gives notice: the reclaim is so many seconds away. */
  announce(action: string, seconds: number): void {
    const time = new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
    this.metadata({ announce: { action, time } });
  }

  /** As if no notice had come since the boot. */
  forget(): void {
    this.metadata({ withdraw: true });
    this.call(
      'sh',
      '-c',
      'systemctl kill -s KILL "spot-guard-run-*"; rm -rf /run/spot-guard/runs /run/spot-guard/notice.json',
    );
    this.call('systemctl', 'restart', 'spot-guard-watch.service');
  }

  async #openMetadata(): Promise<void> {
    const inside = ['-t', String(this.#leader), '-n'];
    for (const command of ['link set lo up', 'addr add 169.254.169.254/32 dev lo'])
      execFileSync('nsenter', [...inside, 'ip', ...command.split(' ')]);
    const call = ['--import', 'tsx', METADATA, '--host', '169.254.169.254', '--port', '80'];
    const instance = [
      '--instance-id',
      INSTANCE_ID,
      '--region',
      'eu-central-1',
      '--tags',
      '{"spot-guard":"enabled"}',
    ];
    this.#metadata = spawn('nsenter', [...inside, process.execPath, ...call, ...instance], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => this.#metadata?.stdout?.once('data', resolve));
  }
}

/** The child of that name; 0 where there is none yet. */
function childOf(parent: number, name: string): number {
  for (const pid of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) /);
      const comm = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      if (comm === name && rest.split(' ')[1] === String(parent)) return Number(pid);
    } catch {
      // ended meanwhile
    }
  }
  return 0;
}

/** Awaits a condition; the test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(POLL_MS);
}
