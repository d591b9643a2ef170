// Builds what lands on an instance: the guard as a zipapp, whole and for the trigger, and the SSM documents that carry it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Guard, gracefulShutdown, installGuard, removeGuard } from './document.ts';

const source = import.meta.dirname;
const out = join(source, '..', 'dist', 'instance');
const script = (name: string): string => readFileSync(join(source, 'steps', `${name}.sh`), 'utf8');

mkdirSync(out, { recursive: true });
const pack = (name: string, ...options: string[]): Guard => {
  execFileSync('python3', [join(source, 'pack.py'), join(out, name), ...options], { stdio: 'inherit' });
  const bytes = readFileSync(join(out, name));
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    gzip: gzipSync(bytes, { level: 9 }),
  };
};
const scripts = {
  guard: script('guard'),
  accept: script('accept'),
  stage: script('stage'),
  install: script('install'),
  remove: script('remove'),
};
const documents = {
  'graceful-shutdown': gracefulShutdown(pack('trigger.pyz', '--trigger'), scripts),
  'install-guard': installGuard(pack('spot-guard.pyz'), scripts),
  'remove-guard': removeGuard(scripts),
};
for (const [name, document] of Object.entries(documents)) {
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(document)}\n`);
}
