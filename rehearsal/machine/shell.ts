// How the SSM agent runs a step's script: `_script.sh` by `sh -c`, a process group of its own, SIGKILL to the group
// at the timeout. A step ends when every holder of its stdout and stderr has closed them, not when the script exits.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunOutput, StepScript } from './steps.ts';

/** Characters of a step's output that the agent sends. */
const OUTPUT_MAX = 24_000;

export interface ShellPlace {
  readonly instanceId: string;
  readonly region: string;
  /** The sandbox: `/` of the instance. */
  readonly root: string;
  readonly path: string;
  /** Where the machine's programs find AWS: the agent's are told as the units are. */
  readonly variables?: Readonly<Record<string, string>>;
  /** No file can grow (RLIMIT_FSIZE 0), as on a full disk: what is written fails, pipes aside. */
  readonly diskFull?: boolean;
}

export function runScript(place: ShellPlace, script: StepScript): Promise<RunOutput> {
  const { root, instanceId, region, path, variables = {}, diskFull = false } = place;
  const { commandId, step, text, timeoutSeconds } = script;
  const folder = join(root, 'var/lib/amazon/ssm', instanceId, 'document/orchestration', commandId, step);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, '_script.sh');
  writeFileSync(file, text, { mode: 0o700 });

  return new Promise((resolve) => {
    const umask = process.umask(0o022);
    const call = diskFull ? ['-c', 'ulimit -f 0; exec sh -c "$0"', file] : ['-c', file];
    const child = spawn('sh', call, {
      cwd: '/usr/bin',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...variables,
        PATH: path,
        AWS_SSM_INSTANCE_ID: instanceId,
        AWS_SSM_REGION_NAME: region,
        AWS_SSM_PLATFORM_NAME: 'Amazon Linux',
        AWS_SSM_PLATFORM_VERSION: '2023',
        SSM_COMMAND_ID: commandId,
        SPOT_GUARD_ROOT: root,
      },
    });
    process.umask(umask);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => {
      stdout = (stdout + data.toString()).slice(0, OUTPUT_MAX);
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr = (stderr + data.toString()).slice(0, OUTPUT_MAX);
    });
    const timer = setTimeout(() => {
      const killed = killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      // A child in a session of its own may hold the pipe of a script that has long ended.
      resolve({
        exit: killed ? 137 : 1,
        timedOut: killed,
        stdout,
        stderr: killed ? stderr : 'no such process',
      });
    }, timeoutSeconds * 1000);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ exit: 1, timedOut: false, stdout, stderr: error.message });
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ exit: code ?? (signal === 'SIGKILL' ? 137 : 143), timedOut: false, stdout, stderr });
    });
  });
}

/** False where nobody is left in the group. */
function killGroup(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(-pid, 'SIGKILL');
    return true;
  } catch {
    return false; // ESRCH: the group is empty, which is the answer
  }
}
