// How an interruption can end. The words of the design, and no others; and what is kept of each.
import type { Stage } from './document.ts';
import type { NoticeEntry } from './notices.ts';
import type { Report } from './report.ts';
import type { Settings } from './tags.ts';
import type { Ticket } from './ticket.ts';

export const OUTCOMES = [
  'graceful', // every stage ended well before the reclaim, and there was something to do
  'empty', // the plan ran, but nothing was set up to do and no workload acknowledged the notice
  'failed', // a stage failed or ran over
  'late', // the reclaim came first
  'unprotected', // no path is known to have reached the instance
  'unknown', // no proof came out, so nothing is claimed
  'unguarded', // not tagged
  'spared', // EC2 did not take the instance after all
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const OUTCOME_VERSION = 1;

/** Who proves what is said of the stages: the command's steps and its report, or the report that the guard left in S3. */
export const PROVEN_BY = ['command', 'guard'] as const;

/** The outcome object, one for each notice. What is not known is absent. Times without a unit are RFC 3339. */
export interface OutcomeRecord {
  readonly version: typeof OUTCOME_VERSION;
  readonly instanceId: string;
  readonly action: NoticeEntry['action'];
  readonly noticeTime: string;
  readonly deadline: string;
  readonly outcome: Outcome;
  /** Why, in one line: the rule that decided. */
  readonly because: string;
  /** Deadline minus the end of the last stage that is proven. */
  readonly secondsToSpare?: number;
  readonly noticeToCommandMs?: number;
  readonly noticeToFirstStageMs?: number;
  /** To the end of `save`, where that ended well. */
  readonly noticeToSavedMs?: number;
  /** The last stage that is proven to have ended. */
  readonly lastStage?: Stage;
  readonly failedStage?: Stage | 'accept';
  readonly failedReason?: string;
  /** What the task, or the step, said last. It may hold what is not for a log. */
  readonly failedNote?: string;
  /** As the hooks of the instance said it. */
  readonly bytesSaved?: number;
  /** Where the capacity came from: `m7g.large us-east-1a`. */
  readonly pool?: string;
  readonly left: Ticket['left'];
  readonly reason?: string;
  readonly provenBy?: (typeof PROVEN_BY)[number];
  readonly commandIds: readonly string[];
  /** EC2's words when the notice was settled: the state of the instance, the status of its Spot request. */
  readonly instanceState?: string;
  readonly spotStatus?: string;
  /** Why a report that was there proves nothing. */
  readonly refusedReports?: readonly string[];
  readonly settings?: Settings;
  readonly report?: Report;
  readonly settledAt: string;
  /** Of the one that wrote it: by it a writer knows its own object again. */
  readonly claim: string;
}
