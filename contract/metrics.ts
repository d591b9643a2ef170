// Metric names. An instance id is never a dimension.
import type { Outcome } from './outcomes.ts';

export const METRIC_NAMESPACE = 'SpotGuard';

/** The value of the one dimension, `service`; also the `service` of each log line. */
export const METRIC_SERVICE = 'spot-guard';

/** One count for each notice that is settled. `respond` counts those of instances that are not tagged, at once. */
export const OUTCOME_METRICS = {
  graceful: 'OutcomesGraceful',
  empty: 'OutcomesEmpty',
  failed: 'OutcomesFailed',
  late: 'OutcomesLate',
  unprotected: 'OutcomesUnprotected',
  unknown: 'OutcomesUnknown',
  unguarded: 'NoticesUnguarded',
  spared: 'OutcomesSpared',
} as const satisfies Record<Outcome, string>;

export const METRICS = {
  // Counts of `respond`, one for each phase in which it can leave a notice.
  ignored: 'NoticesIgnored',
  unguarded: OUTCOME_METRICS.unguarded,
  late: 'NoticesLate',
  unreachable: 'NoticesUnreachable',
  declined: 'RecommendationsDeclined',
  commandSent: 'CommandsSent',
  notSent: 'CommandsNotSent',
  noTicket: 'TicketsNotLeft',
  deadLettered: 'NoticesDeadLettered',
  queueFailed: 'QueueCallsFailed',
  /** Asked for by a tag and not done: it could not be left for `fleet`, or failed there. */
  fleetNotLeft: 'FleetActionsFailed',
  /** Milliseconds, as the others from a notice to something. */
  noticeToCommand: 'NoticeToCommand',

  // Of `settle`, with an outcome.
  /** Seconds from the end of the last stage to the deadline; negative where it came after. */
  secondsToSpare: 'SecondsToSpare',
  noticeToFirstStage: 'NoticeToFirstStage',
  noticeToSaved: 'NoticeToSaved',
  bytesSaved: 'BytesSaved',
  /** Settled by what `coverage` found: no event of the notice came, or its ticket was lost. */
  lost: 'NoticesLost',
  /** Rebalance recommendations that were answered: `save` ended well, or anything else. */
  recommendationSaved: 'RecommendationsSaved',
  recommendationNotSaved: 'RecommendationsNotSaved',
  /** A ticket that comes again, or is dead-lettered. */
  notSettled: 'TicketsNotSettled',

  // Of `fleet`, one for each instance and action.
  fleetDone: 'FleetActionsDone',
  fleetSkipped: 'FleetActionsSkipped',
  fleetFailed: 'FleetActionsFailed',
} as const;

export type MetricName =
  | (typeof METRICS)[keyof typeof METRICS]
  | (typeof OUTCOME_METRICS)[keyof typeof OUTCOME_METRICS];
