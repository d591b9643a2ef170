// Bundles each function into dist/lambda/<function>: index.mjs and what it imports later. The same input gives the same bytes, in any folder.
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { lambdaOnly } from './lambda-only.ts';
import { shakeSchemas } from './shake-schemas.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Returns what went into the bundles, and what they still import. */
export async function buildLambda(outDir = `${root}dist/lambda`): Promise<Metafile> {
  await rm(outDir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { 'respond/index': 'lambda/respond/handler.ts' },
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is imported when it is needed stays in a file of its own until then.
    splitting: true,
    chunkNames: 'respond/[name]',
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
    plugins: [lambdaOnly, shakeSchemas],
    logLevel: 'warning',
    metafile: true,
  });
  return metafile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildLambda();
