// An esbuild plugin that leaves out of the AWS SDK what a function in Lambda never uses, and would read at each cold
// start: other sources of credentials and settings than the environment, and the rest of each package.json.
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

interface Substitute {
  readonly name: string;
  /** The import as it is written. */
  readonly specifier: RegExp;
  readonly contents: string;
}

const SUBSTITUTES: readonly Substitute[] = [
  // Lambda gives the role's credentials in the environment, new ones with each execution environment.
  {
    name: 'credentials',
    specifier: /^@aws-sdk\/credential-provider-node$/,
    contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
  },
  // No shared configuration files: two reads and their parser, for each setting that the environment does not give.
  {
    name: 'configuration',
    specifier: /\/loadSharedConfigFiles$/,
    contents: `export const CONFIG_PREFIX_SEPARATOR = '.';
      export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  },
  // Neither call streams events, and no function is a browser.
  { name: 'nothing', specifier: /^(?:@smithy\/core\/event-streams|bowser)$/, contents: 'export {};' },
  // An import of it calls every getter of `process`, and so opens stdin.
  { name: 'process', specifier: /^node:process$/, contents: 'export const { env, versions } = process;' },
];

const NAMESPACE = 'lambda-only';
const SDK_PACKAGE = /node_modules[\\/](?:@aws-sdk|@smithy)[\\/].*[\\/]package\.json$/;

export const lambdaOnly: Plugin = {
  name: NAMESPACE,
  setup(build) {
    for (const { name, specifier, contents } of SUBSTITUTES) {
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
};
