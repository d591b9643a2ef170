// Builds what lands on an instance: the guard as one zipapp, and the SSM documents, two of which carry it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { gracefulShutdown, installGuard, removeGuard } from './document.ts';

const source = import.meta.dirname;
const out = join(source, '..', 'dist', 'instance');
const zipapp = join(out, 'spot-guard.pyz');
const script = (name: string): string => readFileSync(join(source, 'steps', `${name}.sh`), 'utf8');

mkdirSync(out, { recursive: true });
execFileSync('python3', [join(source, 'pack.py'), zipapp], { stdio: 'inherit' });
const bytes = readFileSync(zipapp);
const guard = {
  sha256: createHash('sha256').update(bytes).digest('hex'),
  gzip: gzipSync(bytes, { level: 9 }),
};
const scripts = {
  guard: script('guard'),
  accept: script('accept'),
  stage: script('stage'),
  install: script('install'),
  remove: script('remove'),
};
const documents = {
  'graceful-shutdown': gracefulShutdown(guard, scripts),
  'install-guard': installGuard(guard, scripts),
  'remove-guard': removeGuard(scripts),
};
for (const [name, document] of Object.entries(documents)) {
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(document)}\n`);
}
