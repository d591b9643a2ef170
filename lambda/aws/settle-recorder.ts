// The log is the record: one line for each look at a ticket, and for each outcome its metrics. Each leaves at once: a
// function that dies with the next ticket takes nothing of this one with it.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { LOG_KEYS, PHASES } from '../../contract/log.ts';
import { METRICS, OUTCOME_METRICS } from '../../contract/metrics.ts';
import { REBALANCE } from '../../contract/notices.ts';
import type { OutcomeRecord } from '../../contract/outcomes.ts';
import type { Ticket } from '../../contract/ticket.ts';

/** What became of a ticket. `notSettled`: it comes again, and in the end is dead-lettered. */
export type Told = { readonly ticket: Ticket | undefined } & (
  | { readonly kind: 'settled'; readonly key: string; readonly record: OutcomeRecord }
  | { readonly kind: 'already'; readonly key: string }
  | { readonly kind: 'unguarded' }
  | { readonly kind: 'later'; readonly seconds: number; readonly because: string }
  | { readonly kind: 'notSettled'; readonly reason: string }
);

type Fields = { [key: string]: string | number };

/** Nobody needs to do anything about these. */
const QUIET = ['graceful', 'empty', 'spared', 'unguarded'];

const logger = new Logger();
const metrics = new Metrics();

export function tell(told: Told): void {
  const notice = told.ticket === undefined ? {} : noticeFields(told.ticket);
  switch (told.kind) {
    case 'settled':
      logger[QUIET.includes(told.record.outcome) ? 'info' : 'warn']('notice settled', {
        [LOG_KEYS.phase]: PHASES.settled,
        ...notice,
        ...outcomeFields(told.record),
        [LOG_KEYS.key]: told.key,
      });
      count(told.record);
      metrics.publishStoredMetrics();
      break;
    case 'already':
      logger.info('notice settled before', {
        [LOG_KEYS.phase]: PHASES.already,
        ...notice,
        [LOG_KEYS.key]: told.key,
      });
      break;
    case 'unguarded':
      logger.info('instance not guarded', {
        [LOG_KEYS.phase]: PHASES.unguarded,
        ...notice,
        [LOG_KEYS.reason]: 'no tag',
      });
      break;
    case 'later':
      logger.info('ticket put off', {
        [LOG_KEYS.phase]: PHASES.later,
        ...notice,
        [LOG_KEYS.because]: told.because,
        [LOG_KEYS.seconds]: told.seconds,
      });
      break;
    default:
      logger.error('ticket not settled', {
        [LOG_KEYS.phase]: PHASES.notSettled,
        ...notice,
        [LOG_KEYS.reason]: told.reason,
      });
      metrics.addMetric(METRICS.notSettled, MetricUnit.Count, 1);
      metrics.publishStoredMetrics();
  }
}

function noticeFields({ instanceId, noticeTime, action, left, commandId, eventId }: Ticket): Fields {
  return known({
    [LOG_KEYS.instanceId]: instanceId,
    [LOG_KEYS.noticeTime]: noticeTime,
    [LOG_KEYS.action]: action,
    [LOG_KEYS.left]: left,
    [LOG_KEYS.commandId]: commandId,
    [LOG_KEYS.eventId]: eventId,
  });
}

/** All that is a word or a number; settings and the report are in the object. */
function outcomeFields(record: OutcomeRecord): Fields {
  return known({
    [LOG_KEYS.outcome]: record.outcome,
    [LOG_KEYS.because]: record.because,
    [LOG_KEYS.reason]: record.reason,
    [LOG_KEYS.secondsToSpare]: record.secondsToSpare,
    [LOG_KEYS.noticeToCommandMs]: record.noticeToCommandMs,
    [LOG_KEYS.noticeToFirstStageMs]: record.noticeToFirstStageMs,
    [LOG_KEYS.noticeToSavedMs]: record.noticeToSavedMs,
    [LOG_KEYS.lastStage]: record.lastStage,
    [LOG_KEYS.failedStage]: record.failedStage,
    [LOG_KEYS.failedReason]: record.failedReason,
    [LOG_KEYS.bytesSaved]: record.bytesSaved,
    [LOG_KEYS.pool]: record.pool,
    [LOG_KEYS.provenBy]: record.provenBy,
    [LOG_KEYS.instanceState]: record.instanceState,
    [LOG_KEYS.spotStatus]: record.spotStatus,
    [LOG_KEYS.refusedReports]: record.refusedReports?.join('; '),
  });
}

function known(fields: { readonly [key: string]: string | number | undefined }): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  );
}

/** One count for each outcome. A recommendation is none of EC2's word that it takes the instance: it has its own. */
function count(record: OutcomeRecord): void {
  const { action, outcome, left } = record;
  if (action === REBALANCE) {
    const isSaved = outcome === 'graceful' || outcome === 'empty';
    const name = isSaved ? METRICS.recommendationSaved : METRICS.recommendationNotSaved;
    metrics.addMetric(name, MetricUnit.Count, 1);
    return;
  }
  metrics.addMetric(OUTCOME_METRICS[outcome], MetricUnit.Count, 1);
  if (left === 'lost') metrics.addMetric(METRICS.lost, MetricUnit.Count, 1);
  const values = [
    [METRICS.secondsToSpare, MetricUnit.Seconds, record.secondsToSpare],
    [METRICS.noticeToFirstStage, MetricUnit.Milliseconds, record.noticeToFirstStageMs],
    [METRICS.noticeToSaved, MetricUnit.Milliseconds, record.noticeToSavedMs],
    [METRICS.bytesSaved, MetricUnit.Bytes, record.bytesSaved],
  ] as const;
  for (const [name, unit, value] of values) if (value !== undefined) metrics.addMetric(name, unit, value);
}
