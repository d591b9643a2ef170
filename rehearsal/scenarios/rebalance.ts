// Scenarios of a recommendation to move, before there is any interruption.
import { REBALANCE_DETAIL_TYPES } from '../../contract/events.ts';
import { PATHS } from '../../contract/instance.ts';
import { PHASES } from '../../contract/log.ts';
import { METRICS, OUTCOME_METRICS } from '../../contract/metrics.ts';
import { WINDOW_SECONDS } from '../../contract/notices.ts';
import { check, type Expectation, type Scenario } from '../scenario.ts';
import type { JsonObject } from '../template/template.ts';
import { watcherSaid } from './watcher.ts';
import {
  answeredAtOnce,
  calls,
  counted,
  hooksRan,
  instanceUntouched,
  oneRun,
  prepareWorkload,
  WORKER_TAGS,
} from './workload.ts';

/** As EC2 words it: the instance, and neither an action nor a time. */
function recommendation(event: JsonObject): JsonObject {
  const { 'instance-id': instanceId = null } = event.detail as JsonObject;
  return { ...event, 'detail-type': REBALANCE_DETAIL_TYPES[0], detail: { 'instance-id': instanceId } };
}

const asksForSave = { ...WORKER_TAGS, 'spot-guard:rebalance': 'save' } as const;
const workGoesOn: Expectation = ({ instance }) =>
  check(instance.read('work/worker') === 'working\n', 'the unit to go on', instance.read('work/worker'));

export const rebalanceSaves: Scenario = {
  name: 'rebalance-saves',
  livesOn: true,
  story:
    'EC2 recommends to move, on both paths, and a tag asks for a save then: save alone runs, and work goes on',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  metadata: { tags: true },
  tags: asksForSave,
  alterEvent: recommendation,
  prepare: prepareWorkload,
  expectations: [
    ({ instance }) => hooksRan(instance, ['save']),
    workGoesOn,
    oneRun,
    watcherSaid(/^rebalance: (starts|joins) the run /),
    ({ instance }) =>
      check(instance.read(PATHS.notice) === '', 'no notice file', instance.read(PATHS.notice)),
    ({ verdict }) => {
      const stages = verdict.report?.stages.map(({ name }) => name).join();
      return check(stages === 'save,report', 'a report of save and report alone', verdict);
    },
    counted(METRICS.recommendationSaved, 1),
    counted(OUTCOME_METRICS.graceful, 0),
    answeredAtOnce,
  ],
};

export const rebalanceThenNotice: Scenario = {
  name: 'rebalance-then-notice',
  story: 'the notice comes 4 s after the recommendation: save runs at once, and the whole plan when it must',
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  metadata: { tags: true, announcesAfter: 4 },
  tags: asksForSave,
  deliver: (event) => [recommendation(event), event],
  secondsBetween: 4,
  outcomes: 2,
  prepare: prepareWorkload,
  meanwhile: async ({ recommend, deadline }) => {
    recommend(new Date((deadline() - WINDOW_SECONDS) * 1000).toISOString().replace('.000Z', 'Z'));
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['save', 'drain', 'save', 'clean']),
    ({ instance }) =>
      check(
        instance.read('work/worker').endsWith('finished\n'),
        'the unit to finish its item',
        instance.read('work/worker'),
      ),
    watcherSaid(/^rebalance: (starts|joins) the run /),
    watcherSaid(/^interruption: (starts|joins) the run /),
    ({ invocations }) =>
      check(
        invocations.map(({ status }) => status).join() === 'Success,Success',
        'two commands to end as Success',
        invocations,
      ),
    ({ verdict }) => check(verdict.report?.action === 'terminate', 'the report of the notice', verdict),
    answeredAtOnce,
  ],
};

export const rebalanceDeclined: Scenario = {
  name: 'rebalance-declined',
  story:
    'EC2 recommends to move, and no tag asks for a save then: it is declined quietly, and the work goes on',
  expected: 'none',
  livesOn: true,
  onlyInAll: true,
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
    answeredAtOnce,
  ],
};
