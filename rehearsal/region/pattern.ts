// EventBridge event patterns, as far as SpotGuard's rules use them: exact values and `prefix`.
// Any other operator is an error, because a pattern that is half understood matches the wrong events.
import { isObject, type Json, type JsonObject } from '../template/template.ts';

/** Whether the event matches. Throws for a pattern that the rehearsal does not understand. */
export function matches(pattern: JsonObject, event: unknown): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    const got = isObject(event) ? event[key] : undefined;
    if (isObject(wanted)) return matches(wanted, got);
    if (!Array.isArray(wanted)) {
      throw new Error(`event pattern: "${key}" must be a list or an object, got ${JSON.stringify(wanted)}`);
    }
    const values: readonly (Json | undefined)[] = Array.isArray(got) ? got : [got];
    return wanted.some((one: Json) => values.some((value) => matchesOne(key, one, value)));
  });
}

function matchesOne(key: string, wanted: Json, value: Json | undefined): boolean {
  if (!isObject(wanted)) return value !== undefined && value === wanted;
  const { prefix, ...others } = wanted;
  if (typeof prefix !== 'string' || Object.keys(others).length > 0) {
    throw new Error(
      `event pattern: "${key}" uses ${JSON.stringify(wanted)}; the rehearsal knows exact values and prefix`,
    );
  }
  return typeof value === 'string' && value.startsWith(prefix);
}
