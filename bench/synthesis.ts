// How long a user waits for `npx cdk synth`: the CLI, the build of what deploys, the app and its validation.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

/** Milliseconds. @throws Error with the CLI's own words */
export async function synthesisRound(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'spot-guard-bench-'));
  try {
    const startMs = performance.now();
    await promisify(execFile)('npx', ['cdk', 'synth', '--quiet', '--output', join(folder, 'cdk.out')], {
      cwd: CHECKOUT,
      env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: '1' },
    });
    return performance.now() - startMs;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
