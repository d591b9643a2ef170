// An esbuild plugin that lets the unused schemas of the AWS SDK fall away: 553 KB of EC2's alone, read at each cold
// start. esbuild keeps a top-level object with a computed key; with the key's constant put in, it drops it.
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

const SCHEMA_FILE = /@aws-sdk[\\/].*[\\/]schemas[\\/]schemas_\d+\.js$/;
const CONSTANT = /^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm;
const COMPUTED_KEY = /\[(_\w+)\]:/g;
/** Of one error; the base class of all is registered under another name. */
const ERROR_REGISTERED = /^n0_registry\.registerError\(.*\);$/gm;

/** Without the 140 classes of a service's errors: those it then throws are of its base class, under the same name. */
export function withoutErrors(source: string): string {
  return source.replace(ERROR_REGISTERED, '');
}

/** The same source with constant keys. What it does not recognise it leaves, so a new layout costs size, not sense. */
export function withConstantKeys(source: string): string {
  const constants = new Map([...source.matchAll(CONSTANT)].map(([, name, literal]) => [name, literal]));
  return source.replace(COMPUTED_KEY, (key, name) => {
    const literal = constants.get(name);
    // `"__proto__":` sets the prototype where `["__proto__"]:` makes a key.
    return literal === undefined || literal === '"__proto__"' ? key : `${literal}:`;
  });
}

export const shakeSchemas: Plugin = {
  name: 'shake-schemas',
  setup(build) {
    build.onLoad({ filter: SCHEMA_FILE }, async ({ path }) => ({
      contents: withConstantKeys(withoutErrors(await readFile(path, 'utf8'))),
      loader: 'js',
    }));
  },
};
