// Builds what lands on an instance: the guard as one zipapp, and the SSM document that carries it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { gracefulShutdown } from './document.ts';

const source = import.meta.dirname;
const out = join(source, '..', 'dist', 'instance');
const zipapp = join(out, 'spot-guard.pyz');

mkdirSync(out, { recursive: true });
execFileSync('python3', [join(source, 'pack.py'), zipapp], { stdio: 'inherit' });
const guard = readFileSync(zipapp);
const document = gracefulShutdown(
  { sha256: createHash('sha256').update(guard).digest('hex'), gzip: gzipSync(guard, { level: 9 }) },
  {
    accept: readFileSync(join(source, 'steps', 'accept.sh'), 'utf8'),
    stage: readFileSync(join(source, 'steps', 'stage.sh'), 'utf8'),
  },
);
writeFileSync(join(out, 'graceful-shutdown.json'), `${JSON.stringify(document)}\n`);
