// Scenarios of a recommendation to move, before there is any interruption.
import { REBALANCE_DETAIL_TYPES } from '../../contract/events.ts';
import { PHASES } from '../../contract/log.ts';
import { METRICS } from '../../contract/metrics.ts';
import { check, type Scenario } from '../scenario.ts';
import type { JsonObject } from '../template/template.ts';
import {
  calls,
  counted,
  instanceUntouched,
  overflowEmpty,
  prepareWorkload,
  WORKER_TAGS,
} from './workload.ts';

/** As EC2 words it: the instance, and neither an action nor a time. */
function recommendation(event: JsonObject): JsonObject {
  const { 'instance-id': instanceId = null } = event.detail as JsonObject;
  return { ...event, 'detail-type': REBALANCE_DETAIL_TYPES[0], detail: { 'instance-id': instanceId } };
}

export const rebalanceDeclined: Scenario = {
  name: 'rebalance-declined',
  story:
    'EC2 recommends to move, and no tag asks for a save then: it is declined quietly, and the work goes on',
  // Of the reclaim without a notice that ends the rehearsal.
  expected: 'unprotected',
  tags: WORKER_TAGS,
  alterEvent: recommendation,
  deliver: (event) => REBALANCE_DETAIL_TYPES.map((name) => ({ ...event, 'detail-type': name })),
  prepare: prepareWorkload,
  expectations: [
    instanceUntouched,
    ({ invoked }) => check(invoked === 2, 'the function to be invoked for both names', invoked),
    ({ log }) => {
      const declined = log.filter(({ phase, level }) => phase === PHASES.declined && level === 'INFO');
      return check(declined.length === 2, 'two quiet log lines declined', log);
    },
    counted(METRICS.declined, 2),
    calls('ssm', 'SendCommand', 0),
    overflowEmpty,
  ],
};
