// The props of the construct, as JavaScript may give them too: whatever they are, each fault is named.
import { faultOf, isDuration, secondsOf, throwFaults, unknownFault } from './faults.ts';
import { type Checked, check, NAMES, RANGES, type SpotGuardProps } from './settings.ts';

/**
 * @param others names of props that are the caller's own
 * @throws WrongSettings that names every fault
 */
export function checkProps(props: SpotGuardProps, others: readonly string[] = []): Checked {
  if (typeof props !== 'object' || props === null || Array.isArray(props)) {
    throwFaults([faultOf('props', props, 'an object')]);
  }
  const known = [...NAMES, ...others];
  const given: Record<string, unknown> = { ...props };
  for (const name of Object.keys(RANGES)) {
    const { [name]: value } = given;
    // What is not a duration must not pass for one: a number could be of milliseconds.
    if (value !== undefined) given[name] = isDuration(value) ? (secondsOf(value) ?? Number.NaN) : Number.NaN;
  }
  const { checked, faults } = check(given, {
    prefix: '',
    seconds: (min, max) => `Duration.seconds(N), N whole and from ${min} to ${max}`,
    got: props,
  });
  const unknown = Object.entries(props).filter(
    ([name, value]) => !known.includes(name) && value !== undefined,
  );
  throwFaults([...faults, ...unknown.map(([name]) => unknownFault(name, known))]);
  return checked;
}
