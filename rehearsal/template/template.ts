// The synthesised template: the one authority on what is wired to what. Nothing here guesses a default
// that CloudFormation does not have; what it cannot read is an error that names the place.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
}

export interface Template {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly parameters: JsonObject;
  /** Folder of a file asset, by the object key that the template names. */
  readonly assets: ReadonlyMap<string, string>;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Runs the CDK app as `cdk synth` does, without the CLI and without the network.
 * Throws with the app's own words when it fails.
 */
export async function synthesise(checkout: string, outDir: string, nodeOptions: string): Promise<string> {
  const settings: unknown = JSON.parse(readFileSync(join(checkout, 'cdk.json'), 'utf8'));
  const context = isObject(settings) && isObject(settings.context) ? settings.context : {};
  const tsx = import.meta.resolve('tsx');
  const app = join(checkout, 'bin', 'app.ts');
  try {
    await promisify(execFile)(process.execPath, ['--import', tsx, app], {
      cwd: checkout,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: outDir,
        NODE_OPTIONS: nodeOptions,
        CDK_OUTDIR: outDir,
        CDK_CONTEXT_JSON: JSON.stringify(context),
        CDK_DISABLE_CLI_TELEMETRY: '1',
        CDK_VALIDATION: 'false',
        // Its cache would stay in the temporary folder.
        TSX_DISABLE_CACHE: '1',
      },
    });
  } catch (cause) {
    const words = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
    throw new Error(`the CDK app could not be synthesised: ${words}`, { cause });
  }
  return outDir;
}

export function readTemplate(outDir: string): Template {
  const names = readdirSync(outDir).filter((name) => name.endsWith('.template.json'));
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new Error(`expected one template in ${pathToFileURL(outDir)}, got ${names.length}`);
  }
  const body: unknown = JSON.parse(readFileSync(join(outDir, name), 'utf8'));
  if (!isObject(body) || !isObject(body.Resources)) throw new Error(`${name} holds no Resources`);
  const resources = new Map<string, Resource>();
  for (const [logicalId, resource] of Object.entries(body.Resources)) {
    if (!isObject(resource) || typeof resource.Type !== 'string') {
      throw new Error(`${name}: resource ${logicalId} has no Type`);
    }
    const properties = isObject(resource.Properties) ? resource.Properties : {};
    resources.set(logicalId, { logicalId, type: resource.Type, properties });
  }
  const parameters = isObject(body.Parameters) ? body.Parameters : {};
  const assets = readAssets(outDir, name.replace('.template.json', '.assets.json'));
  return { resources, parameters, assets };
}

function readAssets(outDir: string, name: string): Map<string, string> {
  const manifest: unknown = JSON.parse(readFileSync(join(outDir, name), 'utf8'));
  const assets = new Map<string, string>();
  if (!isObject(manifest) || !isObject(manifest.files)) return assets;
  for (const file of Object.values(manifest.files)) {
    if (!isObject(file) || !isObject(file.source) || !isObject(file.destinations)) continue;
    for (const destination of Object.values(file.destinations)) {
      if (!isObject(destination) || typeof destination.objectKey !== 'string') continue;
      assets.set(destination.objectKey, join(outDir, String(file.source.path)));
    }
  }
  return assets;
}
