// Imports point one way: who may know whom, by folder.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** For each folder: the folders of ours, and the packages, that it may import. The longest match holds. */
const ALLOWED: Record<string, { ours: string[]; packages: RegExp }> = {
  bin: { ours: ['lib'], packages: /^aws-cdk-lib$/ },
  contract: { ours: ['contract'], packages: /^$/ },
  lib: { ours: ['lib', 'contract'], packages: /^(aws-cdk-lib(\/.*)?|constructs|node:.*)$/ },
  'lambda/domain': { ours: ['lambda/domain', 'contract'], packages: /^node:buffer$/ },
  'lambda/ports.ts': { ours: ['lambda/domain', 'contract'], packages: /^$/ },
  ...Object.fromEntries(
    ['lambda/draw.ts', 'lambda/tidy.ts'].map((name) => [
      name,
      { ours: ['lambda/ports.ts', 'lambda/domain', 'contract'], packages: /^$/ },
    ]),
  ),
  'lambda/aws': {
    ours: ['lambda/aws', 'lambda/ports.ts', 'lambda/domain', 'contract'],
    packages: /^(@aws-sdk\/.*|@smithy\/.*|@aws-lambda-powertools\/.*|aws-lambda|node:https?)$/,
  },
  ...Object.fromEntries(
    ['respond', 'settle', 'coverage', 'fleet'].map((name) => [
      `lambda/${name}`,
      {
        ours: [
          `lambda/${name}`,
          'lambda/aws',
          'lambda/draw.ts',
          'lambda/tidy.ts',
          'lambda/ports.ts',
          'lambda/domain',
          'contract',
        ],
        packages: /^aws-lambda$/,
      },
    ]),
  ),
  'lambda/build.ts': {
    ours: ['lambda/lambda-only.ts', 'lambda/shake-schemas.ts'],
    packages: /^(esbuild|node:.*)$/,
  },
  'lambda/lambda-only.ts': { ours: ['lambda/substitutes.ts'], packages: /^(esbuild|node:.*)$/ },
  'lambda/substitutes.ts': { ours: [], packages: /^$/ },
  'lambda/shake-schemas.ts': { ours: [], packages: /^(esbuild|node:.*)$/ },
  instance: { ours: ['instance', 'contract'], packages: /^node:.*$/ },
  // The decisions of `respond` in virtual time.
  simulation: {
    ours: ['simulation', 'lambda/respond', 'lambda/ports.ts', 'lambda/domain', 'contract'],
    packages: /^(node:.*|tinyqueue|d3-random|vega|vega-lite)$/,
  },
  // It starts what was built, and rehearsal's client of the runtime API, as processes.
  bench: { ours: ['bench', 'contract'], packages: /^node:.*$/ },
  rehearsal: {
    ours: ['rehearsal', 'contract'],
    packages: /^(node:.*|@cloud-copilot\/iam-simulate|picocolors|fast-xml-parser|tsx\/esm\/api)$/,
  },
};

const folders = ['bin', 'contract', 'lib', 'lambda', 'instance', 'rehearsal', 'simulation', 'bench'];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs)$/.test(name))
    .map((name) => `${folder}/${name}`),
);

function imports(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  return [
    ...source.matchAll(
      /^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|import\('([^']+)'\)/gm,
    ),
  ].map(([, from, bare, lazy]) => from ?? bare ?? lazy ?? '');
}

function lawOf(file: string) {
  const [place] = Object.keys(ALLOWED)
    .filter((name) => file === name || file.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length);
  return place === undefined ? undefined : ALLOWED[place];
}

function faultsOf(file: string): string[] {
  const law = lawOf(file);
  if (law === undefined) return [`${file} lies in no place that has a law`];
  return imports(file).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      return law.packages.test(specifier) ? [] : [`${file} imports the package ${specifier}`];
    }
    const target = relative(root, join(root, dirname(file), specifier));
    const fine = law.ours.some((place) => target === place || target.startsWith(`${place}/`));
    return fine ? [] : [`${file} imports ${target}`];
  });
}

describe('imports', () => {
  it('are seen in every form that the tree uses', () => {
    expect(imports('lib/index.ts').length).toBeGreaterThan(0);
    expect(files.length).toBeGreaterThan(30);
  });

  it('point one way', () => {
    expect(files.flatMap(faultsOf)).toEqual([]);
  });

  it('of a folder that may not know another are faults', () => {
    expect(lawOf('lambda/domain/decision.ts')?.ours).not.toContain('lambda/aws');
    expect(lawOf('rehearsal/main.ts')?.ours).toEqual(['rehearsal', 'contract']);
  });

  it('never form a circle between files', () => {
    const graph = new Map(
      files.map((file) => [
        file,
        imports(file)
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => relative(root, join(root, dirname(file), specifier))),
      ]),
    );
    const circles: string[] = [];
    const visit = (file: string, trail: string[]): void => {
      if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(' > '));
      else for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('leave no folder named for nothing', () => {
    expect(
      files.filter((file) => /(^|\/)(utils?|common|helpers?|types|misc|shared)(\/|\.ts$)/.test(file)),
    ).toEqual([]);
  });
});
