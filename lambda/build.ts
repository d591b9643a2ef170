// Bundles each function into dist/lambda/<function>: index.mjs and what it imports later. The same input gives the same
// bytes, in any folder.
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { substitutes } from './lambda-only.ts';
import { READ_BY_RESPOND, shakeSchemas } from './shake-schemas.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What is cut out of the AWS SDK. Time counts for `respond` alone; the others lack only what they never use: schemas,
 * and ways to credentials that Lambda gives in the environment.
 */
const CUT: Readonly<Record<string, readonly Plugin[]>> = {
  respond: [substitutes(), shakeSchemas(READ_BY_RESPOND)],
  settle: [substitutes('credentials'), shakeSchemas()],
  coverage: [substitutes('credentials'), shakeSchemas()],
  fleet: [substitutes('credentials'), shakeSchemas()],
};
export const FUNCTIONS = Object.keys(CUT);

/** Returns what went into each bundle, and what it still imports, by the function's name. */
export async function buildLambda(outDir = `${root}dist/lambda`): Promise<Record<string, Metafile>> {
  await rm(outDir, { recursive: true, force: true });
  const built = FUNCTIONS.map(async (name) => [name, await bundle(name, `${outDir}/${name}`)] as const);
  return Object.fromEntries(await Promise.all(built));
}

async function bundle(name: string, outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: `lambda/${name}/handler.ts` },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is imported when it is needed stays in a file of its own until then.
    splitting: true,
    chunkNames: '[name]-[hash]',
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    mainFields: ['module', 'main'],
    legalComments: 'none',
    // Beside the bundle and without the sources' text. Node reads it only under --enable-source-maps, which
    // the stack leaves off: it would parse the map at each cold start.
    sourcemap: 'linked',
    sourcesContent: false,
    // Code of the deploying side in a function is a fault of the import direction: fail here, not at 10 MB.
    external: ['aws-cdk-lib', 'constructs'],
    plugins: [...(CUT[name] ?? [])],
    logLevel: 'warning',
    metafile: true,
  });
  return metafile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildLambda();
