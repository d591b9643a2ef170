// Bundles of the functions that can die between any two statements of ours: each says first which one it is.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Node, parse } from 'acorn';
import { build, type Plugin, transform } from 'esbuild';
import MagicString from 'magic-string';

const root = join(import.meta.dirname, '..', '..');
const OURS = /[\\/]lambda[\\/](?:domain|aws|respond|settle|coverage|fleet|ports)[\w\\/.-]*\.ts$/;

/** Where statements are listed one after the other. */
const LISTS: Readonly<Record<string, string>> = {
  Program: 'body',
  BlockStatement: 'body',
  SwitchCase: 'consequent',
};
/** Where one statement may stand without braces. */
const SINGLES: Readonly<Record<string, readonly string[]>> = {
  IfStatement: ['consequent', 'alternate'],
  ForStatement: ['body'],
  ForOfStatement: ['body'],
  ForInStatement: ['body'],
  WhileStatement: ['body'],
  DoWhileStatement: ['body'],
};
const DECLARES = /^(?:Import|Export)|^FunctionDeclaration$|^ClassDeclaration$/;

/**
 * At each statement: the file `crash` beside the bundle may name it, and then the process dies there, once. All that are
 * passed go into the file `passed`.
 */
const BANNER = `
import { appendFileSync as __append, existsSync as __exists, readFileSync as __read, rmSync as __rm } from 'node:fs';
const __file = (name) => new URL(name, import.meta.url);
globalThis.__at = (place) => {
  __append(__file('./passed'), place + '\\n');
  if (!__exists(__file('./crash')) || __read(__file('./crash'), 'utf8') !== place) return;
  __rm(__file('./crash'));
  process.kill(process.pid, 'SIGKILL');
  for (;;);
};`;

/** Into `outdir`, one file: what the function would load later is in it too. */
export async function bundleThatCrashes(part: string, outdir: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { index: `lambda/${part}/handler.ts` },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: BANNER },
    external: ['aws-cdk-lib', 'constructs'],
    plugins: [statements],
    logLevel: 'warning',
  });
}

const statements: Plugin = {
  name: 'statements',
  setup(build) {
    build.onLoad({ filter: OURS }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'ts', target: 'es2022' });
      return { contents: withPlaces(code, path.slice(root.length + 1)), loader: 'js' };
    });
  },
};

/** The same code, where each statement says first where it stands. */
export function withPlaces(code: string, file: string): string {
  const text = new MagicString(code);
  const place = (node: Node): string => {
    const line = code.slice(0, node.start).split('\n').length;
    return `globalThis.__at(${JSON.stringify(`${file}:${line}`)});`;
  };
  const visit = (node: Node): void => {
    const fields = node as Node & Record<string, unknown>;
    const list = fields[LISTS[node.type] ?? ''];
    if (Array.isArray(list)) {
      for (const one of list as Node[]) if (!DECLARES.test(one.type)) text.appendLeft(one.start, place(one));
    }
    for (const name of SINGLES[node.type] ?? []) {
      const one = fields[name] as Node | null | undefined;
      if (!one || one.type === 'BlockStatement' || one.type === 'IfStatement') continue;
      text.appendLeft(one.start, `{${place(one)}`).appendRight(one.end, '}');
    }
    for (const value of Object.values(fields)) {
      for (const one of [value].flat()) if (isNode(one)) visit(one);
    }
  };
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }));
  return text.toString();
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
