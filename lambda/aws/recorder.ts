// The log is the record: one line for each event answered, and its counts as CloudWatch's embedded metrics.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { LOG_KEYS } from '../../contract/log.ts';
import { METRICS } from '../../contract/metrics.ts';
import type { Told } from '../domain/answered.ts';
import type { Notice } from '../domain/notice.ts';

const MESSAGES: Record<Told['phase'], string> = {
  ignored: 'event ignored',
  unguarded: 'instance not guarded',
  late: 'notice seen after its deadline',
  unreachable: 'instance already shutting down',
  declined: 'recommendation declined',
  commandSent: 'command sent',
  notSent: 'command not sent',
  noTicket: 'ticket not left',
  fleetNotLeft: 'fleet request not left',
  deadLettered: 'notice dead-lettered',
  queueFailed: 'call to a queue failed',
};

const logger = new Logger();
const metrics = new Metrics();

/** Writes the log lines and then the metrics out. `atMs`: epoch milliseconds of the answer. */
export function publish(told: readonly Told[], atMs: number): void {
  for (const each of told) {
    logger[levelOf(each)](MESSAGES[each.phase], fieldsOf(each, atMs));
    metrics.addMetric(METRICS[each.phase], MetricUnit.Count, 1);
    if (each.phase === 'commandSent') {
      metrics.addMetric(METRICS.noticeToCommand, MetricUnit.Milliseconds, noticeToCommandMs(each));
    }
  }
  metrics.publishStoredMetrics();
}

/** As somebody wanted it. The other values of a tag are near misses: somebody meant something by them. */
const QUIET_REASONS = ['no tag', 'tag says remove', 'no rebalance tag'];

const ERRORS: readonly Told['phase'][] = [
  'notSent',
  'noTicket',
  'fleetNotLeft',
  'deadLettered',
  'queueFailed',
];

function levelOf(told: Told): 'info' | 'warn' | 'error' {
  if (ERRORS.includes(told.phase)) return 'error';
  if (told.phase === 'commandSent') return 'info';
  return 'reason' in told && QUIET_REASONS.includes(told.reason) ? 'info' : 'warn';
}

function fieldsOf(told: Told, nowMs: number): { [key: string]: string | number } {
  const fields: { [key: string]: string | number } = { [LOG_KEYS.phase]: told.phase };
  if ('reason' in told) fields[LOG_KEYS.reason] = told.reason;
  const notice = 'notice' in told ? told.notice : undefined;
  const eventId = told.phase === 'ignored' ? told.eventId : notice?.eventId;
  if (eventId !== undefined) fields[LOG_KEYS.eventId] = eventId;
  if (told.phase === 'ignored') return { ...fields, [LOG_KEYS.got]: told.got };
  if (notice === undefined) return fields;
  if (told.phase === 'commandSent') {
    fields[LOG_KEYS.commandId] = told.commandId;
    fields[LOG_KEYS.noticeToCommandMs] = noticeToCommandMs(told);
  }
  if ('unknownTags' in told && told.unknownTags !== undefined)
    fields[LOG_KEYS.unknownTags] = told.unknownTags.join(', ');
  const { instanceId, noticeTime, action, deadline } = notice;
  return {
    ...fields,
    [LOG_KEYS.instanceId]: instanceId,
    [LOG_KEYS.noticeTime]: noticeTime,
    [LOG_KEYS.action]: action,
    [LOG_KEYS.secondsLeft]: (deadline * 1000 - nowMs) / 1000,
  };
}

function noticeToCommandMs({ notice, sentMs }: { readonly notice: Notice; readonly sentMs: number }): number {
  return sentMs - notice.noticeMs;
}
