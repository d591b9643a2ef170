// What a scenario is: a story, how the world is set up for it, and what must come of it.
import type { JOURNAL_PHASES } from '../contract/instance.ts';
import type { Action } from '../contract/notices.ts';
import type { Outcome } from '../contract/outcomes.ts';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../contract/tags.ts';
import type { Instance } from './machine/instance.ts';
import type { JournalLine } from './machine/journal.ts';
import type { Invocation } from './region/commands.ts';
import type { Ec2Instance } from './region/endpoints/ec2.ts';
import type { ApiCall, PlantedFault } from './region/endpoints/server.ts';
import type { LambdaTrouble } from './region/lambda.ts';
import type { Message } from './region/queue.ts';
import type { Region } from './region/region.ts';
import type { JsonObject } from './template/template.ts';
import type { Verdict } from './verdict.ts';

export interface AgentSetup {
  /** False: SSM refuses a command for the instance. */
  readonly registered?: boolean;
  /** Epoch seconds from which on the agent takes its commands; at once where absent. */
  readonly takesCommandsAt?: (deadline: number, windowSeconds: number) => number;
  /** Share of the window in which commands of others take all of its workers. */
  readonly busyShare?: number;
  readonly killsStep?: { readonly step: string; readonly afterSeconds: number };
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
  readonly metrics: readonly JsonObject[];
  /** How many times EventBridge invoked a function. */
  readonly invoked: number;
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
  /** Others that are as good, where the last moment decides. */
  readonly orElse?: readonly Outcome[];
  /** Seconds to the deadline where the caller names none; 15 where absent. */
  readonly windowSeconds?: number;
  readonly action?: Action;
  readonly tags?: Readonly<Record<string, string>>;
  /** What becomes of the event before EventBridge has it. */
  readonly alterEvent?: (event: JsonObject) => JsonObject;
  /** What EventBridge gets, one after the other; the event alone where absent. */
  readonly deliver?: (event: JsonObject) => readonly JsonObject[];
  /** From one of those to the next; 0.15 where absent. */
  readonly secondsBetween?: number;
  /** What EC2 says of the instance; `running` where absent. `unknown`: that there is none. */
  readonly state?: Ec2Instance['state'] | 'unknown';
  /** What is wrong with Lambda. `unreachable`: EventBridge cannot invoke anything. */
  readonly lambda?: NonNullable<LambdaTrouble['fault']> | 'unreachable';
  /** No file of the instance can grow. */
  readonly diskFull?: boolean;
  readonly agent?: AgentSetup;
  readonly faults?: readonly PlantedFault[];
  /** Epoch seconds of the reclaim; the deadline where absent. */
  readonly reclaimAt?: (deadline: number, windowSeconds: number) => number;
  readonly prepare?: (instance: Instance) => void;
  /** Looks at the Region itself before the reclaim. Returns problems. */
  readonly probe?: (region: Region) => Promise<readonly string[]>;
  /** Waits for long, or is near to another: in `npm run rehearse:all`, not in `npm test`. */
  readonly onlyInAll?: boolean;
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
