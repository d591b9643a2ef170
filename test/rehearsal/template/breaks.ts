// What can be done to any resource: it goes, a part of it goes, a part of it says something else.
import type { Json } from '../../../rehearsal/template/template.ts';
import type { Edit } from './edits.ts';

/** `name` follows the resource's type. */
export interface Break {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Names; `PLAIN` where absent. */
  readonly scenarios?: readonly string[];
  /** Why no scenario can notice, and what holds it instead. */
  readonly survives?: string;
}

type More = Omit<Break, 'name' | 'edits'>;

/** The way of a notice with the least to wait for. */
export const PLAIN = 'extra-fields';

export function gone(scenarios: readonly string[]): Break {
  return { name: 'gone', edits: [{ path: [] }], scenarios };
}

export function dropped(path: Edit['path'], more: More = {}): Break {
  return { name: `without ${path.join('.')}`, edits: [{ path }], ...more };
}

export function changed(path: Edit['path'], value: Json, more: More = {}): Break {
  return { name: `${path.join('.')} is ${JSON.stringify(value)}`, edits: [{ path, value }], ...more };
}

/** Of one among several resources of its type. */
export const ofOne =
  (which: string) =>
  (one: Break): Break => ({ ...one, name: `${which}: ${one.name}` });
