// An esbuild plugin that lets the unused schemas of the AWS SDK fall away: 553 KB of EC2's alone, read at each cold
// start. esbuild keeps a top-level object with a computed key; with the key's constant put in, it drops it.
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

type Read = Readonly<Record<string, readonly string[]>>;

/**
 * What `respond` reads of the answers. Of these shapes its bundle knows these members alone: the others are typed in
 * the code, and never there. For EC2's instance that is nine tenths of all schemas.
 */
export const READ_BY_RESPOND: Read = {
  Reservation: ['Instances'],
  Instance: ['InstanceId', 'State', 'Tags'],
  InstanceState: ['Name'],
  Command: ['CommandId'],
};

const SCHEMA_FILE = /@aws-sdk[\\/].*[\\/]schemas[\\/]schemas_\d+\.js$/;
const CONSTANT = /^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm;
const COMPUTED_KEY = /\[(_\w+)\]:/g;
/** Namespace, name, traits, names of members, and their types; one that has required members ends otherwise. */
const STRUCTURE =
  /^export var (\w+)\$ = \[3, n0, (\w+),\n {4}0,\n {4}\[([^\]]*)\],\n {4}\[([\s\S]*?)\]\n\];$/gm;
/** Of one error; the base class of all is registered under another name. */
const ERROR_REGISTERED = /^n0_registry\.registerError\(.*\);$/gm;

/** Without the 140 classes of a service's errors: those it then throws are of its base class, under the same name. */
export function withoutErrors(source: string): string {
  return source.replace(ERROR_REGISTERED, '');
}

/** The same source with constant keys. What it does not recognise it leaves, so a new layout costs size, not sense. */
export function withConstantKeys(source: string): string {
  const constants = constantsOf(source);
  return source.replace(COMPUTED_KEY, (key, name) => {
    const literal = constants.get(name);
    // `"__proto__":` sets the prototype where `["__proto__"]:` makes a key.
    return literal === undefined || literal === '"__proto__"' ? key : `${literal}:`;
  });
}

/** The same source, with the structures of `reads` cut down to what is read. */
export function withMembersRead(source: string, reads: Read): string {
  const constants = constantsOf(source);
  return source.replace(STRUCTURE, (whole, name, id, names, members) => {
    const read = reads[name]?.map((member) => JSON.stringify(member));
    if (read === undefined) return whole;
    const types = elementsOf(members);
    const kept = elementsOf(names).flatMap((constant, index) =>
      read.includes(constants.get(constant) ?? '') ? [[constant, types[index]] as const] : [],
    );
    const list = (which: 0 | 1) => `[${kept.map((pair) => pair[which]).join(', ')}]`;
    return `export var ${name}$ = [3, n0, ${id},\n    0,\n    ${list(0)},\n    ${list(1)}\n];`;
  });
}

/** Of a list without its brackets: split at the commas that are in no inner bracket. */
function elementsOf(list: string): string[] {
  const elements = [''];
  let depth = 0;
  for (const char of list) {
    if ('[{('.includes(char)) depth += 1;
    if (']})'.includes(char)) depth -= 1;
    if (char === ',' && depth === 0) elements.push('');
    else elements[elements.length - 1] += char;
  }
  return elements.map((element) => element.trim());
}

function constantsOf(source: string): ReadonlyMap<string, string> {
  return new Map([...source.matchAll(CONSTANT)].map(([, name = '', literal = '']) => [name, literal]));
}

/** `reads`: what is read of the answers, shape by shape; all of a shape that is not named. */
export const shakeSchemas = (reads: Read = {}): Plugin => ({
  name: 'shake-schemas',
  setup(build) {
    build.onLoad({ filter: SCHEMA_FILE }, async ({ path }) => ({
      contents: withConstantKeys(withMembersRead(withoutErrors(await readFile(path, 'utf8')), reads)),
      loader: 'js',
    }));
  },
});
