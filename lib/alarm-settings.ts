// Thresholds of the alarms, and where an alarm goes. docs/operations.md has a heading for each alarm.

/** From which number on an alarm goes off: whole numbers from 1 to 1,000,000, but for `alarmCoverage`. */
export interface AlarmProps {
  /** Notices in 5 minutes whose outcome is `failed`. @default 1 */
  readonly alarmFailed?: number;

  /** Notices in 5 minutes whose outcome is `late`. @default 1 */
  readonly alarmLate?: number;

  /** Notices in 5 minutes whose outcome is `unprotected`. @default 1 */
  readonly alarmUnprotected?: number;

  /** Notices in 5 minutes whose outcome is `unknown`. @default 1 */
  readonly alarmUnknown?: number;

  /** Notices in 5 minutes that had to be found by the function `coverage`. @default 1 */
  readonly alarmLost?: number;

  /** Seconds for which the oldest notice has waited in the overflow queue, or a request in the fleet queue. @default 900 */
  readonly alarmOverflowAge?: number;

  /** Notices that were given up, or tickets: of each in its dead-letter queue. @default 1 */
  readonly alarmDeadLetters?: number;

  /** Fleet actions in 5 minutes that were asked for and not done. @default 1 */
  readonly alarmFleetFailed?: number;

  /** Errors of one of the functions in 5 minutes. @default 1 */
  readonly alarmErrors?: number;

  /** Events in 5 minutes that reached neither the function nor the overflow queue. @default 1 */
  readonly alarmDestination?: number;

  /** Seconds for which the oldest ticket has waited. @default 7200 */
  readonly alarmSettlementAge?: number;

  /** Runs of the function `coverage` in 30 minutes, 1 to 5; fewer raise the alarm. @default 1 */
  readonly alarmCoverage?: number;

  /** The ARN of an SNS topic of yours that the alarms notify. @default - a topic of the stack's own */
  readonly alarmTopicArn?: string;

  /** Who gets an e-mail at an alarm, once the subscription is confirmed. Not beside `alarmTopicArn`. @default - nobody */
  readonly alarmEmail?: string;
}

export const THRESHOLDS = {
  alarmFailed: 1,
  alarmLate: 1,
  alarmUnprotected: 1,
  alarmUnknown: 1,
  alarmLost: 1,
  alarmOverflowAge: 900,
  alarmDeadLetters: 1,
  alarmFleetFailed: 1,
  alarmErrors: 1,
  alarmDestination: 1,
  alarmSettlementAge: 7_200,
  alarmCoverage: 1,
} as const satisfies Partial<Record<keyof AlarmProps, number>>;
export type Threshold = keyof typeof THRESHOLDS;

/** Five: in half an hour it runs six times, and one may just not be over. */
const MOST_RUNS = 5;
export const thresholdRange = (name: Threshold): { readonly min: number; readonly max: number } => ({
  min: 1,
  max: name === 'alarmCoverage' ? MOST_RUNS : 1_000_000,
});

/** Where alarms go. Empty where nothing is given. */
export const ADDRESSES = {
  alarmTopicArn: {
    pattern: /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}$/,
    allowed: "an SNS topic's ARN",
  },
  alarmEmail: { pattern: /^[^\s@]{1,64}@[^\s@]{1,255}$/, allowed: 'an e-mail address' },
} as const;
export type Address = keyof typeof ADDRESSES;
