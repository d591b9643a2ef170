// Installs the outside authorities, botocore and moto, into a virtual environment that git does not see. Once for each
// state of requirements.txt.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder with the environment's programs. */
    authorities: string;
  }
}

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const CACHE = join(import.meta.dirname, '../../node_modules/.cache');
const PREFIX = 'spot-guard-authorities-';

export default function setup({ provide }: TestProject): void {
  provide('authorities', join(installed(), 'bin'));
}

function installed(): string {
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `${PREFIX}${hash}`);
  // Written last: an installation that was broken off is none.
  const done = join(folder, 'installed');
  if (existsSync(done)) return folder;
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE)) {
    if (name.startsWith(PREFIX)) rmSync(join(CACHE, name), { recursive: true });
  }
  run('python3', '-m', 'venv', folder);
  run(join(folder, 'bin/pip'), 'install', '--quiet', '--no-deps', '--requirement', REQUIREMENTS);
  run(join(folder, 'bin/pip'), 'check');
  writeFileSync(done, '');
  return folder;
}

function run(program: string, ...args: string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return;
  const why = error?.message ?? `exit code ${status}`;
  throw new Error(`${[program, ...args].join(' ')} failed: ${why}; it needs Python 3.10 or newer and PyPI`);
}
