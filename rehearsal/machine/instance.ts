// An EC2 instance as a folder: `/` of the machine, with stand-ins for what would reach the host. Everything that
// runs in it is a real process, and all of it is gone at the reclaim.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATHS, ROOT_VARIABLE } from '../../contract/instance.ts';
import type { Host } from '../host.ts';

export type HookStage = 'drain' | 'save' | 'clean';

/** One call of a stand-in. */
export interface StandInCall {
  readonly program: string;
  readonly args: readonly string[];
}

const STAND_INS = fileURLToPath(new URL('./stand-ins/', import.meta.url));
const SPEAKING: Readonly<Record<string, string>> = {
  systemctl: 'systemctl.py',
  'systemd-run': 'systemd_run.py',
  docker: 'docker.py',
};
/** The host's must never be reached; and the guard must never power off. */
const REFUSING = ['podman', 'nerdctl', 'shutdown', 'reboot', 'poweroff', 'halt', 'init', 'telinit'];
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class Instance {
  readonly id: string;
  readonly root: string;
  /** PATH inside: the stand-ins come first. */
  readonly path: string;

  /** `variables`: what systemd gives to every unit beside PATH and the root. */
  constructor(
    id: string,
    root: string,
    host: Host,
    violations: string,
    variables: Readonly<Record<string, string>> = {},
  ) {
    this.id = id;
    this.root = root;
    const bin = join(root, 'bin');
    this.path = `${bin}:${SYSTEM_PATH}`;
    for (const folder of [
      'bin',
      'work',
      'rehearsal',
      'run/systemd/system',
      'var/lib',
      'etc',
      'usr/local/lib',
    ]) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    for (const stage of ['drain', 'save', 'clean']) {
      mkdirSync(this.at(`${PATHS.hooks}/${stage}`), { recursive: true, mode: 0o755 });
    }
    const manager = { ...variables, PATH: this.path, [ROOT_VARIABLE]: root };
    this.#write('rehearsal/manager.json', JSON.stringify(manager), 0o644);
    this.#standIn('python3', pythonStandIn(host.python, join(bin, 'python3'), violations));
    for (const [name, file] of Object.entries(SPEAKING)) {
      const run = `exec ${quote(host.python)} -E -S -B ${quote(join(STAND_INS, file))} "$@"`;
      this.#standIn(name, `export REHEARSAL_ROOT=${quote(root)}\n${run}`);
    }
    const unsupported = quote(join(root, 'rehearsal/unsupported'));
    for (const name of REFUSING) {
      this.#standIn(
        name,
        `echo "${name} $*" >>${unsupported}\necho "${name}: refused in a rehearsal" >&2\nexit 1`,
      );
    }
  }

  at(path: string): string {
    return join(this.root, path);
  }

  read(path: string): string {
    const file = this.at(path);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** An executable in the stage's folder; `mode` lets a scenario get it wrong. */
  hook(stage: HookStage, name: string, script: string, mode = 0o755): void {
    this.#write(`${PATHS.hooks}/${stage}/${name}`, script, mode);
  }

  /** A program for hooks and units to call. Returns its path. */
  program(name: string, script: string): string {
    return this.#write(`usr/local/lib/${name}`, script, 0o755);
  }

  /** A systemd unit that runs now. */
  startUnit(name: string, script: string): void {
    const file = this.program(name, script);
    this.#call('systemd-run', `--unit=${name}`, '--collect', '--', file);
  }

  /** systemctl of the machine, as somebody there calls it. */
  systemctl(...args: readonly string[]): void {
    this.#call('systemctl', ...args);
  }

  /** What systemd starts at a boot. */
  startEnabled(): void {
    const folder = this.at(PATHS.units);
    const wants = readdirSync(folder).filter((name) => name.endsWith('.wants'));
    this.systemctl('start', '--', ...wants.flatMap((name) => readdirSync(join(folder, name))));
  }

  /** A container that runs now. */
  startContainer(name: string, script: string): void {
    const file = this.program(name, script);
    this.#call('docker', 'run', '--detach', '--name', name, file);
  }

  /** What the machine's programs asked of the stand-ins, the set-up included. */
  standInCalls(): StandInCall[] {
    return lines(this.read('rehearsal/calls.jsonl')).map((line) => JSON.parse(line) as StandInCall);
  }

  /** What a stand-in was asked for and could not do, or must not. */
  unsupportedCalls(): string[] {
    return lines(this.read('rehearsal/unsupported'));
  }

  #standIn(name: string, script: string): void {
    this.#write(`bin/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
  }

  #write(path: string, text: string, mode: number): string {
    const file = this.at(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  }

  #call(program: string, ...args: string[]): void {
    const done = spawnSync(join(this.root, 'bin', program), args, {
      env: { PATH: this.path },
      encoding: 'utf8',
      timeout: 10_000,
    });
    if (done.status !== 0)
      throw new Error(`${program} ${args.join(' ')} failed in the set-up: ${done.stderr}`);
  }
}

export const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Splits the interpreter's flags from the program, and puts the loopback guard between them. */
function pythonStandIn(python: string, self: string, violations: string): string {
  return `flags=
while :; do
  case "$1" in
    -[WX]) flags="$flags $1 $2"; shift 2 ;;
    -c | -m | - | '') break ;;
    -V | -VV | --version | -h | --help) exec ${quote(python)} "$@" ;;
    -*c) flags="$flags \${1%c}"; shift; set -- -c "$@"; break ;;
    -*) flags="$flags $1"; shift ;;
    *) break ;;
  esac
done
exec ${quote(python)} $flags ${quote(join(STAND_INS, 'python3.py'))} ${quote(violations)} ${quote(self)} "$@"`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
