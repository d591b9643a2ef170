// How a rehearsal ended: what `settle` wrote, and nothing of our own. Only an instance that is not tagged has no object:
// there `respond` says so itself.
import { PHASES } from '../contract/log.ts';
import { METRIC_NAMESPACE, OUTCOME_METRICS } from '../contract/metrics.ts';
import { REBALANCE } from '../contract/notices.ts';
import type { Outcome, OutcomeRecord } from '../contract/outcomes.ts';
import type { Report } from '../contract/report.ts';
import { OUTCOMES_PREFIX } from '../contract/storage.ts';
import type { Bucket } from './region/bucket.ts';
import type { JsonObject } from './template/template.ts';

/** No outcome at all. */
export const NONE = 'none';

export interface Verdict {
  readonly outcome: Outcome | typeof NONE;
  readonly because: string;
  readonly secondsToSpare: number | null;
  readonly report: Report | null;
  /** The outcome object; null where there is none. */
  readonly record: OutcomeRecord | null;
}

/** In the order of their names. */
export function outcomesIn(buckets: readonly Bucket[]): OutcomeRecord[] {
  return buckets
    .flatMap((bucket) => bucket.list(OUTCOMES_PREFIX, ''))
    .map(({ body }) => JSON.parse(body.toString('utf8')) as OutcomeRecord);
}

/** Of the notice with that deadline (epoch seconds), where there were others or a recommendation too. */
export function verdictOf(
  outcomes: readonly OutcomeRecord[],
  log: readonly JsonObject[],
  deadline: number,
): Verdict {
  const apart = ({ action, deadline: own }: OutcomeRecord): number =>
    action === REBALANCE ? Number.MAX_VALUE : Math.abs(Date.parse(own) - deadline * 1000);
  const [record] = outcomes.toSorted((a, b) => apart(a) - apart(b));
  if (record !== undefined) {
    const { outcome, because, secondsToSpare = null, report = null } = record;
    return { outcome, because, secondsToSpare, report, record };
  }
  const unguarded = log.some(({ phase }) => phase === PHASES.unguarded);
  const because = unguarded ? 'the instance does not carry the tag' : 'nobody has written an outcome';
  const outcome = unguarded ? 'unguarded' : NONE;
  return { outcome, because, secondsToSpare: null, report: null, record: null };
}

/** What must hold of every rehearsal. `wanted`: how many notices were to be settled. */
export function settledOnce(
  buckets: readonly Bucket[],
  metrics: readonly JsonObject[],
  log: readonly JsonObject[],
  wanted: number,
): string[] {
  const outcomes = outcomesIn(buckets);
  const problems: string[] = [];
  if (outcomes.length !== wanted) {
    problems.push(
      `expected ${wanted} outcome objects, got ${JSON.stringify(outcomes.map(({ outcome }) => outcome))}`,
    );
  }
  for (const bucket of buckets) {
    for (const [key, puts] of bucket.puts) {
      if (puts > 1) problems.push(`expected ${key} to be written once, got ${puts} times`);
    }
  }
  const notices = outcomes.filter(({ action }) => action !== REBALANCE);
  const counted = countsOf(metrics);
  if (counted > notices.length) {
    problems.push(`expected at most ${notices.length} counted outcomes, got ${counted}`);
  }
  const lines = log.filter(({ phase }) => phase === PHASES.settled);
  if (lines.length > outcomes.length) {
    problems.push(`expected at most ${outcomes.length} lines of an outcome, got ${lines.length}`);
  }
  return problems;
}

/** Outcomes of which no line of the log tells: only a function that died may leave one so. */
export function untold(outcomes: readonly OutcomeRecord[], log: readonly JsonObject[]): string[] {
  const told = log
    .filter(({ phase }) => phase === PHASES.settled)
    .map(({ instanceId, noticeTime }) => `${instanceId} ${noticeTime}`);
  return outcomes
    .map(({ instanceId, noticeTime }) => `${instanceId} ${noticeTime}`)
    .filter((name) => !told.includes(name));
}

/** But for `respond`'s own word on instances that are not tagged. */
function countsOf(metrics: readonly JsonObject[]): number {
  const names = Object.values(OUTCOME_METRICS).filter((name) => name !== OUTCOME_METRICS.unguarded);
  return metrics
    .filter((one) => JSON.stringify(one._aws).includes(`"Namespace":"${METRIC_NAMESPACE}"`))
    .reduce((sum, one) => sum + names.reduce((own, name) => own + Number(one[name] ?? 0), 0), 0);
}
