// An esbuild plugin that leaves out of the AWS SDK what this function would read at each cold start for nothing: what
// substitutes.ts stands in for, and the rest of each package.json. A name that a substitute lacks fails the build.
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { SUBSTITUTES } from './substitutes.ts';

const NAMESPACE = 'lambda-only';
const SDK_PACKAGE = /node_modules[\\/](?:@aws-sdk|@smithy)[\\/].*[\\/]package\.json$/;

/** All of them where none is named. */
export const substitutes = (...names: readonly string[]): Plugin => ({
  name: NAMESPACE,
  setup(build) {
    for (const { name, specifier, contents } of SUBSTITUTES) {
      if (names.length > 0 && !names.includes(name)) continue;
      build.onResolve({ filter: specifier }, ({ resolveDir }) => ({
        path: name,
        namespace: NAMESPACE,
        pluginData: { contents, resolveDir },
      }));
    }
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ pluginData }) => pluginData);
    build.onLoad({ filter: SDK_PACKAGE }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
});
