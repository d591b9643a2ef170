// What a rehearsal needs of the machine it runs on.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Host {
  /** The interpreter itself, not a shim that looks for one. */
  readonly python: string;
}

const PYTHON_MIN = '3.9';
const PROBE =
  'import sys; print(sys.executable, sys.version_info >= (3, 9), sys.version.split()[0], sep="\\n")';

/** The host, or one line that says what is missing. `temporary`: the folder for temporary files. */
export function checkHost(platform: string, env: NodeJS.ProcessEnv, temporary: string): Host | string {
  if (platform !== 'linux') {
    return `the rehearsal needs Linux, because it runs an instance's programs for real; this is ${platform}`;
  }
  if (!/^[\w./-]+$/.test(temporary)) {
    return `the rehearsal needs a temporary folder (TMPDIR) with a plain path, because shells will see it; this is ${temporary}`;
  }
  try {
    rmdirSync(mkdtempSync(join(temporary, 'spot-guard-')));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    return `the rehearsal needs a temporary folder (TMPDIR) that it can write to; ${temporary} is none (${code})`;
  }
  const probe = spawnSync('python3', ['-I', '-S', '-c', PROBE], { encoding: 'utf8', env });
  const [python = '', recent = '', version = ''] = (probe.stdout ?? '').split('\n');
  if (probe.status !== 0 || python === '')
    return `the rehearsal needs python3, version ${PYTHON_MIN} or newer; none was found`;
  if (recent !== 'True')
    return `the rehearsal needs python3, version ${PYTHON_MIN} or newer; this is ${version}`;
  return { python };
}
