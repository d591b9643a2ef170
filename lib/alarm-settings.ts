// Thresholds of the alarms, and where an alarm goes. docs/operations.md has a heading for each alarm.

/** From which number on an alarm goes off; each of whole numbers from 1 to 1,000,000. */
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

  /** Notices that wait in the overflow queue. @default 1 */
  readonly alarmOverflow?: number;

  /** Tickets that wait in the dead-letter queue of the settlement queue. @default 1 */
  readonly alarmDeadLetters?: number;

  /** Errors of the functions in 5 minutes. @default 1 */
  readonly alarmErrors?: number;

  /** Events in 5 minutes that reached neither the function nor the overflow queue. @default 1 */
  readonly alarmDestination?: number;

  /** Seconds for which the oldest ticket has waited. @default 3600 */
  readonly alarmSettlementAge?: number;

  /** Runs of the function `coverage` in 30 minutes; fewer raise the alarm. @default 1 */
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
  alarmOverflow: 1,
  alarmDeadLetters: 1,
  alarmErrors: 1,
  alarmDestination: 1,
  alarmSettlementAge: 3_600,
  alarmCoverage: 1,
} as const satisfies Partial<Record<keyof AlarmProps, number>>;
export type Threshold = keyof typeof THRESHOLDS;

export const THRESHOLD_RANGE = { min: 1, max: 1_000_000 } as const;

/** Where alarms go. Empty where nothing is given. */
export const ADDRESSES = {
  alarmTopicArn: {
    pattern: /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}$/,
    allowed: "an SNS topic's ARN",
  },
  alarmEmail: { pattern: /^[^\s@]{1,64}@[^\s@]{1,255}$/, allowed: 'an e-mail address' },
} as const;
export type Address = keyof typeof ADDRESSES;
