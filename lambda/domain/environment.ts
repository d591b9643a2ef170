// A function's environment, read once. The stack writes it, so a fault here is a fault of the deployment.
import { FUNCTION_VARIABLES } from '../../contract/environment.ts';
import { SETTINGS, type Settings } from '../../contract/tags.ts';

export interface Environment {
  /** The SSM document that is sent. */
  readonly document: string;
  readonly settlementQueue: string;
  readonly overflowQueue: string;
  readonly deadLetterQueue: string;
  readonly fleetQueue: string;
  readonly bucket: string;
  /** What holds for an instance whose tags do not say. */
  readonly defaults: Settings;
}

const ALLOWED: Readonly<Record<keyof Environment, string>> = {
  document: 'the name of an SSM document',
  settlementQueue: 'the URL of an SQS queue',
  overflowQueue: 'the URL of an SQS queue',
  deadLetterQueue: 'the URL of an SQS queue',
  fleetQueue: 'the URL of an SQS queue',
  bucket: 'the name of an S3 bucket',
  defaults: `a JSON object of strings with the keys ${SETTINGS.join(', ')}`,
};

/** Of the function's own variables those that are named. @throws Error that names all faults, without the values */
export function readEnvironment<Name extends keyof Environment>(
  variables: Readonly<Record<string, string | undefined>>,
  ...names: readonly Name[]
): Pick<Environment, Name> {
  const faults: string[] = [];
  const read = names.map((name) => {
    const text = variables[FUNCTION_VARIABLES[name]] ?? '';
    const value = name === 'defaults' ? parseSettings(text) : text;
    if (value === undefined || value === '') {
      faults.push(`${FUNCTION_VARIABLES[name]} is missing or malformed, allowed is ${ALLOWED[name]}`);
    }
    return [name, value];
  });
  if (faults.length > 0) throw new Error(`wrong environment: ${faults.join('; ')}; deploy the stack again`);
  return Object.fromEntries(read) as Pick<Environment, Name>;
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
