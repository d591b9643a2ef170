// The evaluator of policies is AGPL: a tool of development, in nothing that is deployed or published.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const NAME = '@cloud-copilot/iam-simulate';
const SCOPE = '@cloud-copilot/';
const HOME = 'rehearsal/region/iam.ts';
/** It is in the evaluator and in no other code here. */
const MARK = 'ImplicitlyDenied';

interface Package {
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(join(root, file)).isFile());
const importsIt = (file: string): boolean => new RegExp(`['"]${SCOPE}`).test(text(file));
const manifest: Record<string, unknown> = JSON.parse(text('package.json'));
const packages: Record<string, Package> = JSON.parse(text('package-lock.json')).packages;

describe('the AGPL evaluator', () => {
  it('is still AGPL, or this test is for nothing', () => {
    expect(packages[`node_modules/${NAME}`]?.license).toBe('AGPL-3.0-or-later');
  });

  it('is a development dependency alone', () => {
    const { devDependencies, ...rest } = manifest;
    expect(devDependencies).toHaveProperty([NAME]);
    expect(JSON.stringify(rest)).not.toContain(SCOPE);
  });

  it('is imported by one file', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^(\..*|node_modules|dist|cdk\.out)$/.test(entry.name))
      .map((entry) => entry.name);
    const sources = folders.flatMap(filesBelow).filter((file) => /\.[cm]?[jt]s$/.test(file));
    expect(sources.length).toBeGreaterThan(80);
    const here = 'test/authority/licence.test.ts';
    expect(sources.filter((file) => file !== here && importsIt(file))).toEqual([HOME]);
  });

  it('is in nothing that was built', () => {
    const evaluator = filesBelow(`node_modules/${NAME}/dist`).filter((file) => file.endsWith('.js'));
    expect(evaluator.some((file) => text(file).includes(MARK))).toBe(true);
    const built = filesBelow('dist');
    expect(built).toContain('dist/lambda/respond/index.mjs.map');
    expect(built.filter((file) => text(file).includes(SCOPE) || text(file).includes(MARK))).toEqual([]);
  });

  it('is not in the package, nor is what imports it once the package lists its files', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
    });
    const packed: string[] = JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path);
    expect(packed).toContain('package.json');
    expect(packed.filter((file) => file.includes('node_modules'))).toEqual([]);
    const sources = packed.filter((file) => /\.[cm]?[jt]s$/.test(file) && existsSync(join(root, file)));
    const importers = sources.filter((file) => !file.startsWith('test/') && importsIt(file));
    expect(importers).toEqual(Array.isArray(manifest.files) ? [] : [HOME]);
  });
});

describe('what a user of the package installs', () => {
  it('has no copyleft licence in it', () => {
    const installed = Object.entries(packages).filter(
      ([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional,
    );
    expect(installed.length).toBeGreaterThan(2);
    // `MIT OR GPL-3.0-or-later` leaves the choice.
    const free = (license: string): boolean =>
      license.split(' OR ').some((choice) => !choice.includes('GPL'));
    expect(installed.filter(([, { license }]) => license === undefined || !free(license))).toEqual([]);
  });
});
