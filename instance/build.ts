// Builds what lands on an instance: the guard as one zipapp, and the SSM document that carries it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { gracefulShutdown } from './document.ts';

const source = import.meta.dirname;
const out = join(source, '..', 'dist', 'instance');

mkdirSync(out, { recursive: true });
const pack = (name: string, ...options: string[]): Buffer => {
  execFileSync('python3', [join(source, 'pack.py'), join(out, name), ...options], { stdio: 'inherit' });
  return readFileSync(join(out, name));
};
pack('spot-guard.pyz');
const guard = pack('trigger.pyz', '--trigger');
const document = gracefulShutdown(
  { sha256: createHash('sha256').update(guard).digest('hex'), gzip: gzipSync(guard, { level: 9 }) },
  {
    accept: readFileSync(join(source, 'steps', 'accept.sh'), 'utf8'),
    stage: readFileSync(join(source, 'steps', 'stage.sh'), 'utf8'),
  },
);
writeFileSync(join(out, 'graceful-shutdown.json'), `${JSON.stringify(document)}\n`);
