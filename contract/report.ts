// What the guard says at the end: the `report` step's whole output, one line of JSON.
import type { Stage } from './document.ts';
import type { Action, REBALANCE } from './notices.ts';

/** Characters. SSM keeps 2,500 of a step's output in ListCommandInvocations. */
export const REPORT_MAX_CHARS = 2_000;
export const REPORT_VERSION = 1;

/** What the guard can claim of itself; the reclaim and the paths to it are judged elsewhere. */
export type Result = 'graceful' | 'empty' | 'failed' | 'spared';

/** Times are epoch seconds with milliseconds. */
export interface Report {
  readonly version: typeof REPORT_VERSION;
  readonly instanceId: string;
  readonly action: Action | typeof REBALANCE;
  readonly deadline: number;
  readonly result: Result;
  readonly secondsToSpare: number;
  /** 1, or more after a runner was killed and another took over. */
  readonly attempt: number;
  readonly stages: readonly {
    readonly name: Stage;
    readonly started: number;
    readonly ended: number;
    /** The moment by which the stage had to end. */
    readonly until: number;
    readonly exit: number;
  }[];
  /** One for each hook or built-in action. Failures first where the report had to be cut. */
  readonly tasks: readonly {
    readonly stage: Stage;
    readonly name: string;
    readonly exit: number;
    readonly seconds: number;
    readonly note?: string;
  }[];
  /** Names that workloads left in the `acknowledged` folder. */
  readonly acknowledged: readonly string[];
  /** Settings that were refused, each with the reason. */
  readonly refused: readonly string[];
  /** How many lines of the journal are warnings. */
  readonly warnings: number;
  /** How many processes that tasks had left in the background were still there at the end of `clean`, and were ended. */
  readonly leftovers: number;
  /** The sum of what tasks say that they saved; absent where none says anything. */
  readonly bytesSaved?: number;
  /** How many tasks, names or refusals were left out to keep the report within its size. */
  readonly cut?: number;
}
