// A Command document of schema 2.2, read as the SSM agent reads it: only `action`, `name`, `inputs` and
// `precondition` of a step count.
import { isObject, type Json, type JsonObject } from '../template/template.ts';

export interface DocumentParameter {
  readonly type: string;
  readonly fallback?: string;
  readonly allowedPattern?: string;
  readonly minChars?: number;
  readonly maxChars?: number;
}

export interface DocumentStep {
  readonly name: string;
  readonly action: string;
  readonly inputs: JsonObject;
  readonly precondition?: Json;
}

export interface CommandDocument {
  readonly name: string;
  /** Characters of the content, which count towards the 64 KB of a command. */
  readonly size: number;
  readonly parameters: Readonly<Record<string, DocumentParameter>>;
  readonly steps: readonly DocumentStep[];
}

/** Throws with the place where it is not a document of schema 2.2. */
export function parseDocument(name: string, content: Json): CommandDocument {
  if (!isObject(content) || content.schemaVersion !== '2.2') {
    throw new Error(`document ${name}: schemaVersion must be "2.2"`);
  }
  if (!Array.isArray(content.mainSteps)) throw new Error(`document ${name}: mainSteps must be a list`);
  const steps = content.mainSteps.map((step: Json, index: number): DocumentStep => {
    if (
      !isObject(step) ||
      typeof step.name !== 'string' ||
      typeof step.action !== 'string' ||
      !isObject(step.inputs)
    ) {
      throw new Error(`document ${name}: step ${index + 1} needs name, action and inputs`);
    }
    const { precondition } = step;
    return {
      name: step.name,
      action: step.action,
      inputs: step.inputs,
      ...(precondition === undefined ? {} : { precondition }),
    };
  });
  const declared = isObject(content.parameters) ? content.parameters : {};
  const parameters = Object.fromEntries(
    Object.entries(declared).map(([key, value]) => [key, parseParameter(name, key, value)]),
  );
  return { name, size: JSON.stringify(content).length, parameters, steps };
}

function parseParameter(document: string, key: string, value: Json): DocumentParameter {
  if (!isObject(value) || value.type !== 'String') {
    throw new Error(
      `document ${document}: parameter ${key} must be of type String (no other is supported here)`,
    );
  }
  const { default: fallback, allowedPattern, minChars, maxChars } = value;
  return {
    type: value.type,
    ...(typeof fallback === 'string' ? { fallback } : {}),
    ...(typeof allowedPattern === 'string' ? { allowedPattern } : {}),
    ...(minChars === undefined ? {} : { minChars: Number(minChars) }),
    ...(maxChars === undefined ? {} : { maxChars: Number(maxChars) }),
  };
}

/**
 * `{{ name }}` by plain text in every string, in one pass; unknown names stay. The agent hands the value to Go's
 * regexp as a template: `$$` becomes `$`, and `$name` vanishes. A string that is nothing but one parameter is exempt.
 */
export function substitute(value: Json, parameters: Readonly<Record<string, string>>): Json {
  if (typeof value === 'string') {
    const alone = parameters[/^\{\{\s*([a-zA-Z0-9]+)\s*\}\}$/.exec(value)?.[1] ?? ''];
    if (alone !== undefined) return alone;
    return value.replace(/\{\{\s*([a-zA-Z0-9]+)\s*\}\}/g, (all, name: string) => {
      const given = parameters[name];
      return given === undefined
        ? all
        : given.replace(/\$(\$|\{\w+\}|\w+)/g, (_part, what) => (what === '$' ? '$' : ''));
    });
  }
  if (Array.isArray(value)) return value.map((item: Json) => substitute(item, parameters));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, parameters)]));
}
