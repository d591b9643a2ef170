// Metric names. An instance id is never a dimension.
export const METRIC_NAMESPACE = 'SpotGuard';

/** The value of the one dimension, `service`; also the `service` of each log line. */
export const METRIC_SERVICE = 'spot-guard';

/** Counts, one for each phase in which `respond` can leave a notice, and the time to the command. */
export const METRICS = {
  ignored: 'NoticesIgnored',
  unguarded: 'NoticesUnguarded',
  late: 'NoticesLate',
  unreachable: 'NoticesUnreachable',
  declined: 'RecommendationsDeclined',
  commandSent: 'CommandsSent',
  notSent: 'CommandsNotSent',
  /** Milliseconds. */
  noticeToCommand: 'NoticeToCommand',
} as const;
