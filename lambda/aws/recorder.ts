// The log is the record: one line for each event settled, and its counts as CloudWatch's embedded metrics.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { LOG_KEYS, type Phase } from '../../contract/log.ts';
import { METRICS } from '../../contract/metrics.ts';
import type { Notice } from '../domain/notice.ts';
import type { Settled } from '../domain/settled.ts';

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
  readonly settled: Settled;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/** Writes the log lines and then the metrics out. */
export function publish(recorded: readonly Recorded[]): void {
  for (const { settled, atMs } of recorded) {
    logger[levelOf(settled)](MESSAGES[settled.phase], fieldsOf(settled, atMs));
    metrics.addMetric(METRICS[settled.phase], MetricUnit.Count, 1);
    if (settled.phase === 'commandSent') {
      metrics.addMetric(METRICS.noticeToCommand, MetricUnit.Milliseconds, noticeToCommandMs(settled));
    }
  }
  metrics.publishStoredMetrics();
}

/** As somebody wanted it. The other values of a tag are near misses: somebody meant something by them. */
const QUIET_REASONS = ['no tag', 'tag says remove', 'no rebalance tag'];

function levelOf(settled: Settled): 'info' | 'warn' | 'error' {
  if (settled.phase === 'notSent') return 'error';
  if (settled.phase === 'commandSent') return 'info';
  return 'reason' in settled && QUIET_REASONS.includes(settled.reason) ? 'info' : 'warn';
}

function fieldsOf(settled: Settled, nowMs: number): { [key: string]: string | number } {
  const fields: { [key: string]: string | number } = { [LOG_KEYS.phase]: settled.phase };
  if ('reason' in settled) fields[LOG_KEYS.reason] = settled.reason;
  const eventId = settled.phase === 'ignored' ? settled.eventId : settled.notice.eventId;
  if (eventId !== undefined) fields[LOG_KEYS.eventId] = eventId;
  if (settled.phase === 'ignored') return { ...fields, [LOG_KEYS.got]: settled.got };
  if (settled.phase === 'commandSent') {
    fields[LOG_KEYS.commandId] = settled.commandId;
    fields[LOG_KEYS.noticeToCommandMs] = noticeToCommandMs(settled);
  }
  if (settled.unknownTags !== undefined) fields[LOG_KEYS.unknownTags] = settled.unknownTags.join(', ');
  const { instanceId, noticeTime, action, deadline } = settled.notice;
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
