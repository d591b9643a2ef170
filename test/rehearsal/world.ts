// The synthesised stack and this machine, as the rehearsal's tests need them. `npm run build` comes first.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { checkHost, type Host } from '../../rehearsal/host.ts';
import {
  type JsonObject,
  readTemplate,
  synthesise,
  type Template,
} from '../../rehearsal/template/template.ts';

export const CHECKOUT = join(import.meta.dirname, '..', '..');

export function thisHost(): Host {
  const host = checkHost(process.platform, process.env, tmpdir());
  if (typeof host === 'string') throw new Error(host);
  return host;
}

/** A folder that is removed after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spot-guard-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function synthesised(folder: string): Promise<Template> {
  return readTemplate(await synthesise(CHECKOUT, folder, ''));
}

/** The template with the properties of one type changed; of those resources alone whose name matches. */
export function altered(
  template: Template,
  type: string,
  change: (properties: JsonObject) => JsonObject | undefined,
  named = /./,
): Template {
  const resources = new Map(template.resources);
  for (const [id, resource] of template.resources) {
    if (resource.type !== type || !named.test(id)) continue;
    const properties = change(resource.properties);
    if (properties === undefined) resources.delete(id);
    else resources.set(id, { ...resource, properties });
  }
  return { ...template, resources };
}
