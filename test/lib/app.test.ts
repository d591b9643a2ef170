import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../lib/settings.ts';
import { CDK_JSON } from './synthesised.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spot-guard-app-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** As `cdk` runs it, which hands on the context and the place for the template. */
async function runApp(context: Record<string, unknown>, environment: Record<string, string> = {}) {
  const outDir = await mkdtemp(join(folder, 'out-'));
  const child = spawn(process.execPath, ['--import', 'tsx', 'bin/app.ts'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      CDK_OUTDIR: outDir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...CDK_JSON.context, ...context }),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { outDir, stdout, stderr, exitCode };
}

describe('the app', { timeout: 120_000 }, () => {
  it('synthesises one stack without credentials, and says nothing', async () => {
    const { outDir, stdout, stderr, exitCode } = await runApp({ 'spot-guard:stackName': 'Mine' });
    expect([stdout, stderr, exitCode]).toEqual(['', '', 0]);
    const template = await readFile(join(outDir, 'Mine.template.json'), 'utf8');
    expect(template).not.toContain('AWS::CDK::Metadata');
    const manifest = JSON.parse(await readFile(join(outDir, 'manifest.json'), 'utf8'));
    expect(manifest.artifacts.Mine.environment).toBe('aws://unknown-account/unknown-region');
  });

  it("deploys to the caller's account and Region where the CLI knows them", async () => {
    const caller = { CDK_DEFAULT_ACCOUNT: '123456789012', CDK_DEFAULT_REGION: 'eu-west-1' };
    const { outDir } = await runApp({}, caller);
    const manifest = JSON.parse(await readFile(join(outDir, 'manifest.json'), 'utf8'));
    expect(manifest.artifacts.SpotGuard.environment).toBe('aws://123456789012/eu-west-1');
  });

  it('ends with the faults of the settings, and without a stack trace', async () => {
    const { stdout, stderr, exitCode } = await runApp({
      'spot-guard:grace': '99',
      'spot-guard:lokLevel': 'INFO',
    });
    expect([stdout, exitCode]).toEqual(['', 1]);
    expect(stderr).toBe(
      [
        'wrong settings',
        '  spot-guard:grace: got 99, allowed whole seconds from 1 to 30',
        '  spot-guard:lokLevel: no such setting, did you mean spot-guard:logLevel?',
        '',
      ].join('\n'),
    );
  });
});

describe('cdk.json', () => {
  it('shows every setting with its default', () => {
    const shown = Object.entries(CDK_JSON.context).filter(([key]) => key.startsWith('spot-guard:'));
    const settings = Object.entries({ stackName: 'SpotGuard', ...DEFAULTS });
    expect(Object.fromEntries(shown)).toEqual(
      Object.fromEntries(settings.map(([name, value]) => [`spot-guard:${name}`, value])),
    );
  });
});

describe('built', () => {
  it('tells to build what is not there', async () => {
    await mkdir(join(folder, 'lib'));
    const copy = join(folder, 'lib/built.ts');
    await copyFile(join(ROOT, 'lib/built.ts'), copy);
    const { built } = (await import(pathToFileURL(copy).href)) as typeof import('../../lib/built.ts');
    expect(() => built('instance/graceful-shutdown.json')).toThrow(
      new Error('dist/instance/graceful-shutdown.json is not there, run `npm run build` first'),
    );
  });
});
