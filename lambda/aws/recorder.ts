// The log is the record: one line for each event answered, and its counts as CloudWatch's embedded metrics.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { LOG_KEYS, type Phase } from '../../contract/log.ts';
import { METRICS } from '../../contract/metrics.ts';
import type { Answered } from '../domain/answered.ts';
import type { Notice } from '../domain/notice.ts';

const MESSAGES: Record<Phase, string> = {
  ignored: 'event ignored',
  unguarded: 'instance not guarded',
  late: 'notice seen after its deadline',
  unreachable: 'instance already shutting down',
  declined: 'recommendation declined',
  commandSent: 'command sent',
  notSent: 'command not sent',
};

const logger = new Logger();
const metrics = new Metrics();

export interface Recorded {
  readonly answered: Answered;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/** Writes the log lines and then the metrics out. */
export function publish(recorded: readonly Recorded[]): void {
  for (const { answered, atMs } of recorded) {
    logger[levelOf(answered)](MESSAGES[answered.phase], fieldsOf(answered, atMs));
    metrics.addMetric(METRICS[answered.phase], MetricUnit.Count, 1);
    if (answered.phase === 'commandSent') {
      metrics.addMetric(METRICS.noticeToCommand, MetricUnit.Milliseconds, noticeToCommandMs(answered));
    }
  }
  metrics.publishStoredMetrics();
}

/** As somebody wanted it. The other values of a tag are near misses: somebody meant something by them. */
const QUIET_REASONS = ['no tag', 'tag says remove', 'no rebalance tag'];

function levelOf(answered: Answered): 'info' | 'warn' | 'error' {
  if (answered.phase === 'notSent') return 'error';
  if (answered.phase === 'commandSent') return 'info';
  return 'reason' in answered && QUIET_REASONS.includes(answered.reason) ? 'info' : 'warn';
}

function fieldsOf(answered: Answered, nowMs: number): { [key: string]: string | number } {
  const fields: { [key: string]: string | number } = { [LOG_KEYS.phase]: answered.phase };
  if ('reason' in answered) fields[LOG_KEYS.reason] = answered.reason;
  const eventId = answered.phase === 'ignored' ? answered.eventId : answered.notice.eventId;
  if (eventId !== undefined) fields[LOG_KEYS.eventId] = eventId;
  if (answered.phase === 'ignored') return { ...fields, [LOG_KEYS.got]: answered.got };
  if (answered.phase === 'commandSent') {
    fields[LOG_KEYS.commandId] = answered.commandId;
    fields[LOG_KEYS.noticeToCommandMs] = noticeToCommandMs(answered);
  }
  if (answered.unknownTags !== undefined) fields[LOG_KEYS.unknownTags] = answered.unknownTags.join(', ');
  const { instanceId, noticeTime, action, deadline } = answered.notice;
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
