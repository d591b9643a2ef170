// What a scenario is: a story, how the world is set up for it, and what must come of it.
import type { JOURNAL_PHASES } from '../contract/instance.ts';
import type { Action } from '../contract/notices.ts';
import type { Outcome } from '../contract/outcomes.ts';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../contract/tags.ts';
import type { Instance } from './machine/instance.ts';
import type { JournalLine } from './machine/journal.ts';
import type { Invocation } from './region/commands.ts';
import type { ApiCall, PlantedFault } from './region/endpoints/server.ts';
import type { Message } from './region/queue.ts';
import type { JsonObject } from './template/template.ts';
import type { Verdict } from './verdict.ts';

export interface AgentSetup {
  /** Not registered: SSM refuses a command for the instance. */
  readonly registered: boolean;
  /** Seconds after the deadline at which the agent takes its commands; at once where absent. */
  readonly pickUpAfterDeadlineSeconds?: number;
}

/** Everything that can be looked at once the instance is gone. The sandbox's files are still there. */
export interface Evidence {
  readonly verdict: Verdict;
  readonly event: JsonObject;
  readonly windowSeconds: number;
  /** Epoch seconds. */
  readonly deadline: number;
  readonly instance: Instance;
  readonly invocations: readonly Invocation[];
  readonly journal: readonly JournalLine[];
  readonly log: readonly JsonObject[];
  readonly apiCalls: readonly ApiCall[];
  readonly overflow: readonly Message[];
  /** Command lines of what still ran in the sandbox when all commands had ended. */
  readonly leftRunning: readonly string[];
}

/** Problems, each with what was expected and what came. None: all is as it must be. */
export type Expectation = (evidence: Evidence) => readonly string[];

export interface Scenario {
  readonly name: string;
  readonly story: string;
  readonly expected: Outcome;
  /** Seconds to the deadline where the caller names none; 15 where absent. */
  readonly windowSeconds?: number;
  readonly action?: Action;
  readonly tags?: Readonly<Record<string, string>>;
  /** What becomes of the event before EventBridge has it. */
  readonly alterEvent?: (event: JsonObject) => JsonObject;
  /** How many times EventBridge delivers the event; once where absent. */
  readonly deliveries?: number;
  readonly agent?: AgentSetup;
  readonly faults?: readonly PlantedFault[];
  /** Epoch seconds of the reclaim; the deadline where absent. */
  readonly reclaimAt?: (deadline: number, windowSeconds: number) => number;
  readonly prepare?: (instance: Instance) => void;
  readonly expectations: readonly Expectation[];
}

export const GUARDED = { [GUARD_TAG]: GUARD_TAG_VALUE } as const;

/** A problem unless it holds. */
export function check(holds: boolean, expected: string, came: unknown): string[] {
  return holds ? [] : [`expected ${expected}, got ${typeof came === 'string' ? came : JSON.stringify(came)}`];
}

/** The first line of the journal of that phase, stage and task. */
export function journalLine(
  journal: readonly JournalLine[],
  phase: (typeof JOURNAL_PHASES)[number],
  stage: string,
  task?: string,
): JournalLine | undefined {
  return journal.find(
    (line) => line.phase === phase && line.stage === stage && (task === undefined || line.task === task),
  );
}
