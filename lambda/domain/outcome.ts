// How a notice ended: the first rule that holds decides. docs/outcomes.md shows the same table; a test compares them.
import { STAGES, type Stage } from '../../contract/document.ts';
import { EXIT } from '../../contract/instance.ts';
import { REBALANCE } from '../../contract/notices.ts';
import type { Outcome } from '../../contract/outcomes.ts';
import type { Report } from '../../contract/report.ts';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../../contract/tags.ts';
import { ASK_AGAIN_SECONDS, SETTLE_AFTER_SECONDS } from '../../contract/ticket.ts';
import { type Evidence, isTaken, type Proven, provenOf, refusal, type Step, stepsOf } from './evidence.ts';
import { ENDED_BY_EC2 } from './spot-status.ts';

export interface Verdict {
  /** `again`: it is too early to tell. */
  readonly outcome: Outcome | 'again';
  /** The rule that decided, in words. */
  readonly because: string;
  readonly proven: Proven;
  /** Epoch seconds that count as the reclaim's. */
  readonly deadline: number;
}

/** Seconds by which the event of a notice and its metadata differ at most. The guard says the same (run.py). */
const PATHS_DIFFER_SECONDS = 30;
const HOUR_SECONDS = 3_600;
/** Seconds. A queue and a clock may be early by so much. */
const SLACK_SECONDS = 5;
/** Work goes on after a recommendation. */
const REBALANCE_STAGES: readonly Stage[] = ['save', 'report'];

/** What the rules look at. */
interface Known extends Evidence, Proven {
  readonly report: Report | undefined;
  /** Epoch seconds. */
  readonly reclaim: number;
  /** The instance does, and has since the notice. */
  readonly runs: boolean;
  /** EC2 says that it has ended the Spot request. */
  readonly isEnded: boolean;
  /** Of the commands that the guard did not refuse. */
  readonly steps: readonly Step[];
}

interface Rule {
  readonly outcome: Outcome | 'again';
  readonly because: string;
  readonly holds: (known: Known) => boolean;
}

export const RULES: readonly Rule[] = [
  {
    outcome: 'unguarded',
    because: 'its tags do not say that it is guarded',
    holds: ({ ticket, instance }) => !ticket.guarded && isTaggedOtherwise(instance?.tags),
  },
  {
    outcome: 'again',
    because: 'the instance still runs: it is looked at once more ten minutes later',
    holds: ({ runs, ticket, nowMs }) => runs && nowMs / 1000 < secondLook(ticket.deadline),
  },
  {
    outcome: 'again',
    because:
      'the instance still runs, but EC2 says that it has ended the request: it is looked at for an hour',
    holds: ({ runs, isEnded, ticket, nowMs }) =>
      runs && isEnded && nowMs / 1000 < ticket.deadline + HOUR_SECONDS,
  },
  {
    outcome: 'unknown',
    because: 'the instance still runs, an hour after EC2 said that it has ended the request',
    holds: ({ runs, isEnded }) => runs && isEnded,
  },
  {
    outcome: 'spared',
    because: 'the instance still runs, ten minutes after the deadline',
    holds: ({ runs }) => runs,
  },
  {
    outcome: 'late',
    because: 'its time was over before a later command had ended',
    holds: ({ isCutOff }) => isCutOff,
  },
  {
    outcome: 'unknown',
    because: 'the report says that the notice was withdrawn, but the instance is gone',
    holds: ({ report }) => report?.result === 'spared',
  },
  {
    outcome: 'late',
    because: 'by the report, a stage ended after the deadline',
    holds: ({ report, reclaim }) => report?.stages.some(({ ended }) => ended > reclaim) === true,
  },
  {
    outcome: 'failed',
    because: 'by the report, a stage failed',
    holds: ({ report }) =>
      report?.result === 'failed' || report?.stages.some(({ exit }) => exit !== EXIT.ok) === true,
  },
  {
    outcome: 'unknown',
    because: 'the report says nothing of one of the stages',
    holds: ({ report, ticket }) => {
      const wanted = ticket.action === REBALANCE ? REBALANCE_STAGES : STAGES;
      return report !== undefined && !wanted.every((name) => report.stages.some((one) => one.name === name));
    },
  },
  {
    // One that the agent killed only followed the plan: what became of its stage, the report proves.
    outcome: 'failed',
    because: 'a step of the command failed, whatever the report says',
    holds: ({ report, steps }) => report !== undefined && steps.some(({ status }) => status === 'Failed'),
  },
  {
    outcome: 'empty',
    because: 'by the report, there was nothing to do',
    holds: ({ report }) => report?.result === 'empty',
  },
  {
    outcome: 'graceful',
    because: 'by the report, every stage ended well before the deadline',
    holds: ({ report }) => report?.result === 'graceful',
  },
  {
    outcome: 'late',
    because: 'its event came after the deadline',
    holds: ({ ticket, invocations }) => ticket.left === 'late' && invocations.length === 0,
  },
  {
    outcome: 'unprotected',
    because: 'no command was sent',
    holds: ({ ticket, invocations }) => ticket.left !== 'commandSent' && invocations.length === 0,
  },
  {
    outcome: 'unknown',
    because: 'a command was sent, but SSM tells nothing of it',
    holds: ({ invocations }) => invocations.length === 0,
  },
  {
    outcome: 'unprotected',
    because: 'no agent took the command',
    holds: ({ invocations }) => !invocations.some(isTaken),
  },
  {
    outcome: 'late',
    because: 'the command came after the deadline and was refused',
    holds: ({ invocations, reclaim }) =>
      invocations.filter(isTaken).every((one) => {
        const refused = refusal(one);
        return refused !== undefined && (refused.startedMs ?? 0) / 1000 >= reclaim;
      }),
  },
  {
    outcome: 'failed',
    because: 'the instance refused the command',
    holds: ({ invocations }) => invocations.filter(isTaken).every((one) => refusal(one) !== undefined),
  },
  {
    outcome: 'failed',
    because: 'a step of the command failed, and no report came out',
    holds: ({ steps }) => steps.some(({ status, exit }) => status === 'Failed' || exit > 0),
  },
  {
    outcome: 'unknown',
    because: 'the command was cancelled, and no report came out',
    holds: ({ invocations }) => invocations.some(({ status }) => status.startsWith('Cancel')),
  },
  {
    outcome: 'late',
    because: 'its time was over before the command had ended',
    holds: ({ steps }) => !steps.some(({ name, status }) => name === 'report' && status === 'Success'),
  },
  {
    outcome: 'unknown',
    because: 'the command ended well, but no report of this notice came out',
    holds: () => true,
  },
];

/** Total: some rule holds for all that can be gathered. */
export function judge(evidence: Evidence): Verdict {
  const proven = provenOf(evidence);
  const { ticket, spotRequest } = evidence;
  const report = proven.proof?.report;
  const own = report?.deadline ?? ticket.deadline;
  // A deadline that is further away is that of a notice that was withdrawn and shown again, or of a lost one.
  const isSameShowing = Math.abs(own - ticket.deadline) <= PATHS_DIFFER_SECONDS;
  const reclaim = isSameShowing ? Math.min(own, ticket.deadline) : own;
  const known: Known = {
    ...evidence,
    ...proven,
    report,
    reclaim,
    runs: ticket.action !== REBALANCE && stillRuns(evidence),
    isEnded: spotRequest !== undefined && ENDED_BY_EC2.includes(spotRequest.status),
    steps: proven.invocations.flatMap(stepsOf),
  };
  const { outcome, because } = RULES.find(({ holds }) => holds(known)) as Rule;
  return { outcome, because, proven, deadline: reclaim };
}

/** Epoch seconds. */
function secondLook(deadline: number): number {
  return deadline + SETTLE_AFTER_SECONDS + ASK_AGAIN_SECONDS - SLACK_SECONDS;
}

/** Not where it was stopped and started again: that is another launch. */
function stillRuns({ instance, noticeMs }: Evidence): boolean {
  const state = instance?.state;
  const isUp = state === 'running' || state === 'pending';
  return isUp && !(instance?.launchedMs !== undefined && instance.launchedMs > noticeMs);
}

/** EC2 forgets the tags of an instance that has ended: one without any may have had them. */
function isTaggedOtherwise(tags: ReadonlyMap<string, string> | undefined): boolean {
  return tags !== undefined && tags.size > 0 && tags.get(GUARD_TAG) !== GUARD_TAG_VALUE;
}
