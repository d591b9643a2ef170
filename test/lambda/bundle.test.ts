// What esbuild made of each function: what is in it, and what is read before the command leaves.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildLambda, FUNCTIONS } from '../../lambda/build.ts';
import { SUBSTITUTES } from '../../lambda/substitutes.ts';
import { BUNDLE } from './invoke.ts';

describe('the bundle', () => {
  let folder: string;
  let all: Record<string, Metafile>;
  let built: Metafile;
  beforeAll(async () => {
    // As deep as the other: the maps name the sources from where they lie, and the chunks' names follow from all of it.
    folder = await mkdtemp(join(dirname(BUNDLE), '../../lambda-'));
    all = await buildLambda(folder);
    built = all.respond as Metafile;
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  const code = async () => {
    const names = (await readdir(dirname(BUNDLE))).filter((name) => name.endsWith('.mjs'));
    return Promise.all(names.map((name) => readFile(join(dirname(BUNDLE), name), 'utf8')));
  };

  it.each(FUNCTIONS)('of %s is what the sources give, byte for byte', async (name) => {
    const [fresh, deployed] = [join(folder, name), join(dirname(BUNDLE), '..', name)];
    const names = await readdir(fresh);
    expect(await readdir(deployed)).toEqual(names);
    for (const file of names.filter((each) => each.endsWith('.mjs'))) {
      expect((await readFile(join(fresh, file))).equals(await readFile(join(deployed, file)))).toBe(true);
    }
  });

  it.each(FUNCTIONS)('of %s imports only what Node has', (name) => {
    const imported = Object.values(all[name]?.outputs ?? {})
      .flatMap(({ imports }) => imports)
      .filter(({ external }) => external)
      .map(({ path }) => path);
    expect(imported.length).toBeGreaterThan(2);
    expect(imported.filter((path) => !isBuiltin(path))).toEqual([]);
  });

  it.each([
    ['respond', ['client-ec2', 'client-sqs', 'client-ssm']],
    ['settle', ['client-ec2', 'client-s3', 'client-sqs', 'client-ssm']],
    ['coverage', ['client-ec2', 'client-s3', 'client-sqs']],
    [
      'fleet',
      [
        'client-auto-scaling',
        'client-elastic-load-balancing-v2',
        'client-resource-groups-tagging-api',
        'client-sqs',
      ],
    ],
  ])('of %s holds the clients it uses, and of the project the functions alone', (name, clients) => {
    const inputs = Object.values(all[name]?.outputs ?? {}).flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    );
    const found = inputs.flatMap((path) => /@aws-sdk\/(client-[^/]+)/.exec(path)?.[1] ?? []);
    expect([...new Set(found)].sort()).toEqual(clients);
    const own = inputs
      .filter((path) => !/node_modules\/|^lambda-only:/.test(path))
      .map((path) => path.split('/')[0]);
    expect([...new Set(own)].sort()).toEqual(['contract', 'lambda']);
  });

  it('stays small, and each file has its map beside it', async () => {
    const files = await code();
    expect(files.reduce((sum, file) => sum + Buffer.byteLength(file), 0)).toBeLessThanOrEqual(500_000);
    expect(files.filter((file) => file.includes('aws-cdk-lib'))).toEqual([]);
    const names = await readdir(dirname(BUNDLE));
    const maps = files.map((file) => /^\/\/# sourceMappingURL=(\S+)\n$/m.exec(file)?.[1]);
    expect(maps.sort()).toEqual(names.filter((name) => name.endsWith('.map')).sort());
  });

  it('reads what leaves tickets and writes the log only when the command has left', () => {
    const first = readFirst(built);
    expect(first.length).toBeGreaterThan(50);
    expect(first.filter((path) => /powertools|recorder|client-sqs|ticket|ask-fleet/.test(path))).toEqual([]);
  });

  it('asks for credentials and settings nowhere but in the environment', () => {
    const kept = Object.values(built.outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
    const sources = /credential-provider-(?!env)|parseIni|nested-clients|token-providers/;
    expect(kept.filter((path) => sources.test(path))).toEqual([]);
  });

  it('has each substitute in the place of a part of the SDK', () => {
    const names = SUBSTITUTES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(built.inputs)).toEqual(
      expect.arrayContaining(names.map((name) => `lambda-only:${name}`)),
    );
  });

  it('knows of an instance only what it reads', async () => {
    const text = (await code()).join('');
    expect(text).toContain('"instancesSet"');
    expect(text).not.toMatch(/blockDeviceMapping|"privateIpAddress"|"TargetCount"/);
  });
});

/** What is read before the handler runs: the entry, and what it imports at once. */
function readFirst({ outputs }: Metafile): string[] {
  const read = (path: string): string[] => {
    const { inputs = {}, imports = [] } = outputs[path] ?? {};
    const atOnce = imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
    return [...Object.keys(inputs), ...atOnce.flatMap((one) => read(one.path))];
  };
  return read(Object.keys(outputs).find((path) => path.endsWith('/index.mjs')) ?? '');
}
