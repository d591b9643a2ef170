// What a deployment can set and what is allowed. All faults come in one error.
import { type Duration, Token, Tokenization } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DEFAULT_SECONDS, SECONDS_RANGE, type Settings } from '../contract/tags.ts';
import {
  ADDRESSES,
  type Address,
  type AlarmProps,
  THRESHOLDS,
  type Threshold,
  thresholdRange,
} from './alarm-settings.ts';
import { faultOf } from './faults.ts';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface SpotGuardProps extends AlarmProps {
  /**
   * How long CloudWatch keeps the function's log.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetentionDays?: RetentionDays;

  /**
   * The least severe lines that the function logs. Above `INFO` the log no longer tells of commands that were sent.
   *
   * @default 'INFO'
   */
  readonly logLevel?: LogLevel;

  /**
   * Before the deadline, the moment at which the stage `drain` ends, unless the tag `spot-guard:drain-until` says
   * otherwise. Whole seconds, from 4 to 115.
   *
   * @default Duration.seconds(45)
   */
  readonly drainUntil?: Duration;

  /**
   * Before the deadline, the moment at which the stage `save` ends, unless the tag `spot-guard:save-until` says
   * otherwise. Whole seconds, from 4 to 115, and not more than `drainUntil`.
   *
   * @default Duration.seconds(10)
   */
  readonly saveUntil?: Duration;

  /**
   * Before the deadline, the moment at which the stage `clean` ends, unless the tag `spot-guard:clean-until` says
   * otherwise. Whole seconds, from 4 to 60, and not more than `saveUntil`.
   *
   * @default Duration.seconds(5)
   */
  readonly cleanUntil?: Duration;

  /**
   * The time between SIGTERM and SIGKILL at a stage's end, unless the tag `spot-guard:grace` says otherwise. Whole
   * seconds, from 1 to 30.
   *
   * @default Duration.seconds(5)
   */
  readonly grace?: Duration;

  /**
   * Calls at once that Lambda keeps free for the function that answers notices, and that it may not exceed: from 10 to
   * 10,000. New accounts have 10 in all, of which none can be kept. A mass reclaim takes some 1,000 for a few seconds.
   *
   * @default - what the account has, shared with its other functions
   */
  readonly reservedConcurrency?: number;
}

/** Every setting with its default filled in, and checked. */
export interface Checked
  extends Readonly<Record<Threshold, number>>,
    Pick<AlarmProps, Address>,
    Pick<SpotGuardProps, 'reservedConcurrency'> {
  readonly logRetentionDays: number;
  readonly logLevel: LogLevel;
  /** Seconds. */
  readonly drainUntil: number;
  readonly saveUntil: number;
  readonly cleanUntil: number;
  readonly grace: number;
}

/** A setting's value before it is checked. Seconds are numbers here, or tokens of numbers. */
export type Given = Readonly<Partial<Record<keyof Checked, unknown>>>;

export const DEFAULTS: Omit<Checked, Address | 'reservedConcurrency'> = {
  ...THRESHOLDS,
  logRetentionDays: RetentionDays.ONE_MONTH,
  logLevel: 'INFO',
  drainUntil: DEFAULT_SECONDS['drain-until'],
  saveUntil: DEFAULT_SECONDS['save-until'],
  cleanUntil: DEFAULT_SECONDS['clean-until'],
  grace: DEFAULT_SECONDS.grace,
};

export const RANGES = {
  drainUntil: SECONDS_RANGE['drain-until'],
  saveUntil: SECONDS_RANGE['save-until'],
  cleanUntil: SECONDS_RANGE['clean-until'],
  grace: SECONDS_RANGE.grace,
} as const;

/** All there are. */
export const NAMES: readonly string[] = [
  ...Object.keys(DEFAULTS),
  ...Object.keys(ADDRESSES),
  'reservedConcurrency',
];

/** Fewer would be fewer than read the overflow queue, and answer a notice beside them. */
const RESERVED = { min: 10, max: 10_000 };

const RETENTION_DAYS = Object.values(RetentionDays).filter((days) => typeof days === 'number');

/** How faults speak of settings, by the way in which the user gives them. */
export interface Wording {
  /** Before each setting's name. */
  readonly prefix: string;
  readonly seconds: (min: number, max: number) => string;
  /** What the user gave, where it is not what is checked. */
  readonly got?: Given;
}

/** `checked` holds only where there are no faults. */
export function check(
  given: Given,
  { prefix, seconds: secondsFrom, got = given }: Wording,
): { readonly checked: Checked; readonly faults: string[] } {
  const faults: string[] = [];
  const refuse = (name: keyof Checked, allowed: string) => {
    faults.push(faultOf(prefix + name, got[name], allowed));
  };
  const oneOf = <T>(name: 'logRetentionDays' | 'logLevel', allowed: readonly T[], fallback: T): T => {
    const value = given[name];
    if (value === undefined) return fallback;
    const found = allowed.find((each) => each === value);
    if (found === undefined) refuse(name, allowed.join(', '));
    return found ?? fallback;
  };
  const seconds = (name: keyof typeof RANGES): number => {
    const { [name]: value = DEFAULTS[name] } = given;
    const { min, max } = RANGES[name];
    if (typeof value === 'number' && (Token.isUnresolved(value) || isWholeWithin(value, min, max)))
      return value;
    refuse(name, secondsFrom(min, max));
    return Number.NaN;
  };
  const threshold = (name: Threshold): number => {
    const { [name]: value = DEFAULTS[name] } = given;
    const { min, max } = thresholdRange(name);
    if (typeof value === 'number' && (Token.isUnresolved(value) || isWholeWithin(value, min, max)))
      return value;
    refuse(name, `whole numbers from ${min} to ${max}`);
    return Number.NaN;
  };
  const address = (name: Address): Partial<Checked> => {
    const { [name]: value } = given;
    if (value === undefined) return {};
    const { pattern, allowed } = ADDRESSES[name];
    if (typeof value === 'string' && (Token.isUnresolved(value) || pattern.test(value)))
      return { [name]: value };
    refuse(name, allowed);
    return {};
  };
  const reserved = (): Partial<Checked> => {
    const { reservedConcurrency: value } = given;
    if (value === undefined) return {};
    const { min, max } = RESERVED;
    if (typeof value === 'number' && (Token.isUnresolved(value) || isWholeWithin(value, min, max)))
      return { reservedConcurrency: value };
    refuse('reservedConcurrency', `whole numbers from ${min} to ${max}`);
    return {};
  };
  const thresholds = Object.keys(THRESHOLDS) as Threshold[];
  const checked: Checked = {
    ...(Object.fromEntries(thresholds.map((name) => [name, threshold(name)])) as Record<Threshold, number>),
    ...address('alarmTopicArn'),
    ...address('alarmEmail'),
    ...reserved(),
    logRetentionDays: oneOf('logRetentionDays', RETENTION_DAYS, DEFAULTS.logRetentionDays),
    logLevel: oneOf('logLevel', LOG_LEVELS, DEFAULTS.logLevel),
    drainUntil: seconds('drainUntil'),
    saveUntil: seconds('saveUntil'),
    cleanUntil: seconds('cleanUntil'),
    grace: seconds('grace'),
  };
  if (checked.alarmTopicArn !== undefined && checked.alarmEmail !== undefined) {
    const allowed = `no e-mail beside ${prefix}alarmTopicArn: subscribe it to that topic`;
    faults.push(faultOf(`${prefix}alarmEmail`, got.alarmEmail, allowed));
  }
  for (const [later, earlier] of [
    ['saveUntil', 'drainUntil'],
    ['cleanUntil', 'saveUntil'],
  ] as const) {
    const [value, bound] = [checked[later], checked[earlier]];
    if (Token.isUnresolved(value) || Token.isUnresolved(bound)) continue;
    if (value > bound)
      faults.push(
        faultOf(prefix + later, got[later] ?? value, `at most ${prefix}${earlier}, which is ${bound}`),
      );
  }
  return { checked, faults };
}

/** Those of them that a tag can overrule, under the tag's name. */
export function defaultsOf(checked: Checked): Settings {
  const seconds = (value: number) => Tokenization.stringifyNumber(value);
  return {
    'drain-until': seconds(checked.drainUntil),
    'save-until': seconds(checked.saveUntil),
    'clean-until': seconds(checked.cleanUntil),
    grace: seconds(checked.grace),
  };
}

function isWholeWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
