// What README and docs show works: snippets compile, links lead somewhere, tables agree with the code.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT, HOOK_VARIABLES } from '../contract/instance.ts';
import { OUTCOMES } from '../contract/outcomes.ts';
import { DEFAULT_SECONDS, SETTINGS } from '../contract/tags.ts';
import { synthesise } from './lib/synthesised.ts';

const root = join(import.meta.dirname, '..');
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));
const readme = pages.find(({ name }) => name === 'README.md')?.text ?? '';

const snippets = pages.flatMap(({ name, text }) =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = ''], index) => ({
    name: `${name} ${index + 1}`,
    language,
    code,
  })),
);
const of = (language: string) => snippets.filter((snippet) => snippet.language === language);

describe('a snippet of README or docs', () => {
  it('is in a language that is checked here', () => {
    const checked = ['ts', 'sh', 'json', 'text', 'console'];
    expect(snippets.filter(({ language }) => !checked.includes(language))).toEqual([]);
  });

  it('in TypeScript compiles against the public face', { timeout: 60_000 }, () => {
    const folder = join(root, 'node_modules/.cache/spot-guard-snippets');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    of('ts').forEach(({ code }, index) => {
      writeFileSync(
        join(folder, `snippet-${index}.ts`),
        code.replaceAll("'spot-guard'", "'../../../lib/index.ts'"),
      );
    });
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../../tsconfig.json',
        include: ['*.ts'],
        compilerOptions: { types: ['node'] },
      }),
    );
    const { stdout } = spawnSync('npx', ['tsc', '-p', folder], { cwd: root, encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(of('ts').length).toBeGreaterThan(0);
  });

  it.each(of('sh'))('in shell parses: $name', ({ code }) => {
    expect(spawnSync('sh', ['-n'], { input: code, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it.each(of('json'))('in JSON parses: $name', ({ code }) => {
    expect(() => JSON.parse(code)).not.toThrow();
  });
});

describe('a link of README or docs', () => {
  const links = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => ({ name, target })),
  );
  it.each(links)('in $name leads to $target', ({ name, target }) => {
    expect(existsSync(join(root, dirname(name), target))).toBe(true);
  });
});

describe('README', () => {
  it('names every setting with its default', () => {
    for (const setting of SETTINGS) expect(readme).toContain(`spot-guard:${setting}`);
    for (const [name, seconds] of Object.entries(DEFAULT_SECONDS)) {
      expect(readme).toMatch(new RegExp(`\`spot-guard:${name}\`[^\n]*\\| ${seconds} \\|`));
    }
  });

  it('names every output of the stack, and no other', () => {
    const section = /### Outputs of the stack\n([\s\S]*?)\n###/.exec(readme)?.[1] ?? '';
    const named = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(synthesise().findOutputs('*')));
  });

  it('names every outcome', () => {
    for (const outcome of OUTCOMES) expect(readme).toContain(`\`${outcome}\``);
  });

  it('says in npm scripts and files only what there is', () => {
    const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object })
      .scripts;
    for (const [, script = ''] of readme.matchAll(/npm run ([\w:-]+)/g))
      expect(scripts).toHaveProperty([script]);
  });
});

describe('docs/hooks.md', () => {
  const hooks = pages.find(({ name }) => name === 'docs/hooks.md')?.text ?? '';
  it('names every variable that a hook gets', () => {
    for (const variable of Object.values(HOOK_VARIABLES)) expect(hooks).toContain(`\`${variable}\``);
  });
});

describe('the exit codes that leave the guard', () => {
  it('are small, but for the one with which accept ends a command', () => {
    const { refused, ...others } = EXIT;
    expect(refused).toBe(169);
    expect(Object.values(others).every((code) => code < 100)).toBe(true);
  });
});

describe('the lock file', () => {
  it('names no registry: each user has their own', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toContain('"resolved"');
  });
});
