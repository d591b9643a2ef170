// Edits of a template's resource, by path.
import { isObject, type Json, type JsonObject, type Template } from '../../../rehearsal/template/template.ts';

/** Without a value, what is at the path goes; at the empty path, the resource itself. */
export interface Edit {
  readonly path: readonly (string | number)[];
  readonly value?: Json;
}

export function edited(template: Template, logicalId: string, edits: readonly Edit[]): Template {
  const resources = new Map(template.resources);
  for (const { path, value } of edits) {
    const resource = resources.get(logicalId);
    if (resource === undefined) throw new Error(`no resource ${logicalId}`);
    if (path.length === 0) resources.delete(logicalId);
    else
      resources.set(logicalId, {
        ...resource,
        properties: set(resource.properties, path, value) as JsonObject,
      });
  }
  return { ...template, resources };
}

export function at(value: Json | undefined, path: Edit['path']): Json | undefined {
  return path.reduce<Json | undefined>((inner, key) => step(inner, key), value);
}

/** Of a list or a map. */
export function entriesOf(value: Json | undefined): (readonly [string | number, Json])[] {
  if (Array.isArray(value)) return value.map((item: Json, index) => [index, item] as const);
  return isObject(value) ? Object.entries(value) : [];
}

function step(value: Json | undefined, key: string | number): Json | undefined {
  if (Array.isArray(value)) return value[Number(key)];
  return isObject(value) ? value[String(key)] : undefined;
}

function set(inside: Json | undefined, [key, ...rest]: Edit['path'], value: Json | undefined): Json {
  if (key === undefined) return value ?? null;
  const drop = rest.length === 0 && value === undefined;
  if (Array.isArray(inside)) {
    const index = Number(key);
    if (index >= inside.length) throw new Error(`nothing at ${key}`);
    return drop ? inside.toSpliced(index, 1) : inside.with(index, set(inside[index], rest, value));
  }
  if (!isObject(inside)) throw new Error(`nothing at ${key}`);
  if (drop && !(key in inside)) throw new Error(`nothing at ${key}`);
  const { [String(key)]: old, ...others } = inside;
  return drop ? others : { ...others, [String(key)]: set(old, rest, value) };
}
