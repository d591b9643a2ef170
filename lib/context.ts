// The settings as the CDK context says them: `spot-guard:<name>` in cdk.json, or with -c on the command line.
import { Duration } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import { faultOf, throwFaults, unknownFault } from './faults.ts';
import { check, NAMES, type SpotGuardProps } from './settings.ts';

const PREFIX = 'spot-guard:';
const STACK_NAME = 'stackName';
const DEFAULT_STACK_NAME = 'SpotGuard';
/** Digits may stand for a number in all others. */
const TEXTS: readonly string[] = [STACK_NAME, 'logLevel', 'alarmTopicArn', 'alarmEmail'];
const ALLOWED_STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

/**
 * Numbers may be JSON numbers (cdk.json) or strings of digits (-c).
 * @throws WrongSettings that names every fault, unknown keys with the prefix included
 */
export function readContext(node: Node): { readonly stackName: string; readonly props: SpotGuardProps } {
  const given: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [key, value] of Object.entries<unknown>(node.getAllContext())) {
    if (!key.startsWith(PREFIX)) continue;
    const name = key.slice(PREFIX.length);
    if (name === STACK_NAME || NAMES.includes(name)) given[name] = numberIfDigits(name, value);
    else unknown.push(unknownFault(name, [STACK_NAME, ...NAMES], PREFIX));
  }
  const { checked, faults } = check(given, {
    prefix: PREFIX,
    seconds: (min, max) => `whole seconds from ${min} to ${max}`,
  });
  const { [STACK_NAME]: stackName = DEFAULT_STACK_NAME } = given;
  const name = typeof stackName === 'string' && ALLOWED_STACK_NAME.test(stackName) ? stackName : '';
  if (name === '') {
    const allowed = 'a letter, then at most 127 letters, digits and hyphens';
    faults.push(faultOf(PREFIX + STACK_NAME, stackName, allowed));
  }
  throwFaults([...faults, ...unknown]);
  return {
    stackName: name,
    props: {
      ...checked,
      drainUntil: Duration.seconds(checked.drainUntil),
      saveUntil: Duration.seconds(checked.saveUntil),
      cleanUntil: Duration.seconds(checked.cleanUntil),
      grace: Duration.seconds(checked.grace),
    },
  };
}

function numberIfDigits(name: string, value: unknown): unknown {
  return !TEXTS.includes(name) && typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}
