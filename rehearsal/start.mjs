// `npm start`: builds what deploys, then rehearses with it. JavaScript, so that a machine that cannot build says why.
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

process.env.TSX_DISABLE_CACHE = '1'; // its cache would stay in the temporary folder
const { register } = await import('tsx/esm/api');
register();

const { checkHost } = await import('./host.ts');
const host = checkHost(process.platform, process.env, tmpdir());
if (typeof host === 'string') {
  process.stderr.write(`spot-guard rehearsal: ${host}\n`);
  process.exit(2);
}

for (const part of ['lambda', 'instance']) {
  const script = fileURLToPath(new URL(`../${part}/build.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}
await import('./main.ts');
