// The function's environment, read once. The stack writes it, so a fault here is a fault of the deployment.
import { FUNCTION_VARIABLES } from '../../contract/environment.ts';
import { SETTINGS, type Settings } from '../../contract/tags.ts';

export interface Environment {
  readonly document: string;
  readonly defaults: Settings;
}

/** @throws Error that names all faults, without the values */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const document = variables[FUNCTION_VARIABLES.document] ?? '';
  const defaults = parseSettings(variables[FUNCTION_VARIABLES.defaults] ?? '');
  const faults: string[] = [];
  if (document === '') {
    faults.push(`${FUNCTION_VARIABLES.document} is missing or empty, allowed is the name of an SSM document`);
  }
  if (defaults === undefined) {
    faults.push(
      `${FUNCTION_VARIABLES.defaults} is missing or malformed, allowed is a JSON object of strings with the keys ${SETTINGS.join(', ')}`,
    );
  }
  if (faults.length > 0 || defaults === undefined) {
    throw new Error(`wrong environment: ${faults.join('; ')}; deploy the stack again`);
  }
  return Object.freeze({ document, defaults: Object.freeze(defaults) });
}

function parseSettings(json: string): Settings | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return undefined; // The caller says so, together with the other faults.
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const settings: Settings = {};
  for (const [key, value] of Object.entries(parsed)) {
    const name = SETTINGS.find((known) => known === key);
    if (name === undefined || typeof value !== 'string') return undefined;
    settings[name] = value;
  }
  return settings;
}
