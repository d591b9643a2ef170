// The log is the record: one line for each instance and action, and its count.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { FleetRequest } from '../../contract/fleet.ts';
import { LOG_KEYS, PHASES } from '../../contract/log.ts';
import { METRICS } from '../../contract/metrics.ts';

type OfTheQueue = { readonly kind: 'malformed' | 'queueFailed'; readonly reason: string };

/** What became of an action. `malformed`: what the queue held is no request, and lies among the dead letters. */
export type Told =
  | OfTheQueue
  | {
      readonly kind: 'done' | 'skipped' | 'again' | 'failed';
      readonly reason?: string;
      readonly groups?: readonly string[];
      readonly request: FleetRequest;
    };

/** Nobody needs to do anything about these: the instance is out already, or others see to it. */
const QUIET_REASONS = ['CapacityRebalancing', 'NotATarget', 'NotInService'];

/** A line names no more; their names are 32 and 255 characters long at most. */
const GROUPS_MAX = 5;

const logger = new Logger();
const metrics = new Metrics();

export function tell(all: readonly Told[]): void {
  for (const told of all) {
    if (!('request' in told)) {
      const isMalformed = told.kind === 'malformed';
      logger.error(isMalformed ? 'fleet request malformed' : 'call to a queue failed', {
        [LOG_KEYS.phase]: isMalformed ? PHASES.deadLettered : PHASES.queueFailed,
        [LOG_KEYS.reason]: told.reason,
      });
      if (!isMalformed) metrics.addMetric(METRICS.queueFailed, MetricUnit.Count, 1);
      continue;
    }
    const fields = fieldsOf(told);
    switch (told.kind) {
      case 'done':
        logger.info('fleet action done', { [LOG_KEYS.phase]: PHASES.fleetDone, ...fields });
        metrics.addMetric(METRICS.fleetDone, MetricUnit.Count, 1);
        break;
      case 'skipped':
        logger[QUIET_REASONS.includes(told.reason ?? '') ? 'info' : 'warn']('fleet action skipped', {
          [LOG_KEYS.phase]: PHASES.fleetSkipped,
          ...fields,
        });
        metrics.addMetric(METRICS.fleetSkipped, MetricUnit.Count, 1);
        break;
      case 'again':
        logger.warn('fleet action put off', { [LOG_KEYS.phase]: PHASES.fleetAgain, ...fields });
        break;
      default:
        logger.error('fleet action failed', { [LOG_KEYS.phase]: PHASES.fleetFailed, ...fields });
        metrics.addMetric(METRICS.fleetFailed, MetricUnit.Count, 1);
    }
  }
  // Empty, it would write a line of its own.
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}

function fieldsOf({ request, reason, groups = [] }: Exclude<Told, OfTheQueue>): {
  [key: string]: string;
} {
  const { fleetAction, instanceId, noticeTime, eventId } = request;
  return {
    [LOG_KEYS.fleetAction]: fleetAction,
    ...(reason === undefined ? {} : { [LOG_KEYS.reason]: reason }),
    ...(groups.length === 0 ? {} : { [LOG_KEYS.groups]: groups.slice(0, GROUPS_MAX).join(', ') }),
    [LOG_KEYS.instanceId]: instanceId,
    [LOG_KEYS.noticeTime]: noticeTime,
    ...(eventId === undefined ? {} : { [LOG_KEYS.eventId]: eventId }),
  };
}
