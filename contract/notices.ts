// What travels in the document's one parameter: each instance's own notice, by instance id.
import type { Settings } from './tags.ts';

export const ACTIONS = ['terminate', 'stop', 'hibernate'] as const;
export type Action = (typeof ACTIONS)[number];

/** Stands where an action does: EC2 recommends to move, and says nothing of when. Work is saved and goes on. */
export const REBALANCE = 'rebalance';

/** Seconds after a recommendation in which a save still answers it. Our own number: EC2 gives none. */
export const REBALANCE_SECONDS = 600;

/** Seconds between a notice and the reclaim (EC2 user guide, Spot Instance interruption notices). */
export const WINDOW_SECONDS = 120;

export interface NoticeEntry {
  /** Epoch seconds, whole. */
  readonly deadline: number;
  readonly action: Action | typeof REBALANCE;
  readonly settings: Settings;
}

/** Keyed by instance id. An instance takes its own entry alone and refuses a map that has none. */
export type Notices = Readonly<Record<string, NoticeEntry>>;
