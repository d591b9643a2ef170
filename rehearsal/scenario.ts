// What a scenario is: a story, how the world is set up for it, and what must come of it.
import type { JOURNAL_PHASES } from '../contract/instance.ts';
import type { Action } from '../contract/notices.ts';
import type { Outcome, OutcomeRecord } from '../contract/outcomes.ts';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../contract/tags.ts';
import type { Instance } from './machine/instance.ts';
import type { JournalLine } from './machine/journal.ts';
import type { Metadata } from './machine/metadata.ts';
import type { Applied } from './machine/state-manager.ts';
import type { Invocation } from './region/commands.ts';
import type { Ec2Instance } from './region/endpoints/ec2.ts';
import type { ApiCall, PlantedFault } from './region/endpoints/server.ts';
import type { Fleet, FleetSetup } from './region/fleet.ts';
import type { LambdaTrouble } from './region/lambda.ts';
import type { Message } from './region/queue.ts';
import type { Region } from './region/region.ts';
import type { JsonObject } from './template/template.ts';
import type { NONE, Verdict } from './verdict.ts';

export interface AgentSetup {
  /** Seconds after the notice; at once where absent. Until then SSM refuses a command for the instance. */
  readonly registersAfter?: number;
  /** Epoch seconds from which on the agent takes its commands; at once where absent. */
  readonly takesCommandsAt?: (deadline: number, windowSeconds: number) => number;
  /** Share of the window in which commands of others take all of its workers. */
  readonly busyShare?: number;
  readonly killsStep?: { readonly step: string; readonly afterSeconds: number };
}

/** How the instance metadata service tells of the notice. */
export interface MetadataSetup {
  /** EC2 shows the instance's tags there; off where absent, as it is on most instances. */
  readonly tags?: boolean;
  /** The instance has no role, and so no credentials to ask EC2 with. */
  readonly noRole?: boolean;
  /** Seconds from the event to the announcement; 0 where absent. Infinity: it says nothing. */
  readonly announcesAfter?: number;
  /** Seconds by which its time lies after the event's deadline. */
  readonly shift?: number;
}

/** What a scenario can do to the world while it goes on. */
export interface World {
  readonly instance: Instance;
  readonly metadata: Metadata;
  /** Epoch seconds; of a notice that is given. */
  readonly deadline: () => number;
  readonly journal: readonly JournalLine[];
  /** What the watcher has said. */
  readonly watcher: readonly string[];
  /** Puts the notice into the metadata service, by the deadline of the event and so many seconds. */
  readonly announce: (shift?: number) => void;
  /** To move, as of that time. */
  readonly recommend: (noticeTime: string) => void;
  readonly withdraw: () => void;
  /** In EC2, and in the metadata where tags are in it. */
  readonly setTags: (tags: Readonly<Record<string, string>>) => void;
  /** State Manager runs what the instance's tags ask for now. */
  readonly applyAssociations: () => Promise<void>;
  /** A script, as root runs it on the instance. Throws where it fails. */
  readonly run: (script: string) => Promise<string>;
  /** Throws with `what` where it does not come about in time. */
  readonly until: (holds: () => boolean, what: string, seconds?: number) => Promise<void>;
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
  /** What State Manager ran on the instance. */
  readonly applied: readonly Applied[];
  /** What the watcher said. */
  readonly watcher: readonly string[];
  readonly journal: readonly JournalLine[];
  readonly log: readonly JsonObject[];
  readonly metrics: readonly JsonObject[];
  /** How many times EventBridge invoked a function. */
  readonly invoked: number;
  readonly apiCalls: readonly ApiCall[];
  /** Why something went to the overflow queue, each time. */
  readonly overflowed: readonly string[];
  /** Notices that were given up. */
  readonly noticeDeadLetters: readonly Message[];
  /** Tickets that were given up. */
  readonly ticketDeadLetters: readonly Message[];
  /** Requests of fleet actions that were given up. */
  readonly fleetDeadLetters: readonly Message[];
  readonly fleet: Fleet;
  readonly outcomes: readonly OutcomeRecord[];
  /** Command lines of what still ran in the sandbox when all commands had ended. */
  readonly leftRunning: readonly string[];
}

/** Problems, each with what was expected and what came. None: all is as it must be. */
export type Expectation = (evidence: Evidence) => readonly string[];

export interface Scenario {
  readonly name: string;
  readonly story: string;
  readonly expected: Outcome | typeof NONE;
  /** Others that are as good, where the last moment decides. */
  readonly orElse?: readonly (Outcome | typeof NONE)[];
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
  /** What instances belong to; nothing where absent. */
  readonly fleet?: FleetSetup;
  /** What is wrong with Lambda. `unreachable`: EventBridge cannot invoke anything. */
  readonly lambda?: NonNullable<LambdaTrouble['fault']> | 'unreachable';
  /** No file of the instance can grow. */
  readonly diskFull?: boolean;
  readonly agent?: AgentSetup;
  /** State Manager has installed the guard before the notice: its watcher is there. */
  readonly installed?: boolean;
  readonly metadata?: MetadataSetup;
  /** Seconds from the notice to EventBridge's event; 0 where absent. */
  readonly eventAfter?: number;
  /** Before the notice. */
  readonly before?: (world: World) => Promise<void>;
  /** From the notice on; the reclaim comes early only when it is done. */
  readonly meanwhile?: (world: World) => Promise<void>;
  /** After the reclaim ended every process, where the machine comes back. */
  readonly afterwards?: (world: World) => Promise<void>;
  /** EC2 does not take the instance after all: it runs on when the rehearsal is over. */
  readonly livesOn?: boolean;
  /** What becomes of the first processes of one of the functions. */
  readonly trouble?: {
    readonly of: 'respond' | 'settle' | 'coverage' | 'fleet';
    readonly fault: NonNullable<LambdaTrouble['fault']>;
    readonly first: number;
  };
  /** How many notices and recommendations have an outcome in the end: 1 where absent, but none where nothing is guarded. */
  readonly outcomes?: number;
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
