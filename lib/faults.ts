// What is wrong with the settings, in words: what, got, allowed. All faults come in one error.
import type { Duration } from 'aws-cdk-lib';
import { nearest } from '../contract/nearest.ts';

const SHOWN_CHARS = 80;

/** What, got, allowed. */
export function faultOf(name: string, got: unknown, allowed: string): string {
  return `${name}: got ${shown(got)}, allowed ${allowed}`;
}

/** `known`: all the names that could have been meant; they are told where none is near. */
export function unknownFault(name: string, known: readonly string[], prefix = ''): string {
  const meant = nearest(name, known);
  const all = known.map((each) => prefix + each).join(', ');
  const help = meant === undefined ? `allowed ${all}` : `did you mean ${prefix}${meant}?`;
  return `${prefix}${name}: no such setting, ${help}`;
}

/** By its methods, not by its class: the caller may have another copy of the CDK. */
export function isDuration(value: unknown): value is Pick<Duration, 'toSeconds'> {
  return typeof value === 'object' && value !== null && 'toSeconds' in value && isFunction(value.toSeconds);
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Undefined where only the deployment will know it, and it is not in seconds: the CDK cannot convert it. */
export function secondsOf(duration: Pick<Duration, 'toSeconds'>): number | undefined {
  try {
    return duration.toSeconds({ integral: false });
  } catch {
    return undefined; // the caller refuses it
  }
}

/** Any value, in few words. */
function shown(got: unknown): string {
  if (typeof got === 'string')
    return JSON.stringify(got.length > SHOWN_CHARS ? `${got.slice(0, SHOWN_CHARS)}...` : got);
  if (Array.isArray(got)) return 'an array';
  if (isDuration(got)) {
    const seconds = secondsOf(got);
    return seconds === undefined
      ? 'a Duration of a token that is not seconds'
      : `Duration.seconds(${seconds})`;
  }
  if (typeof got === 'object' && got !== null) return 'an object';
  return typeof got === 'function' ? 'a function' : String(got);
}

/** Its message says all that is to say: the app shows it without a stack. */
export class WrongSettings extends Error {
  override readonly name = 'WrongSettings';
}

export function throwFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new WrongSettings(['wrong settings', ...faults].join('\n  '));
}
