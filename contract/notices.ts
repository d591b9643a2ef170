// What travels in the document's one parameter: each instance's own notice, by instance id.
import type { Settings } from './tags.ts';

export const ACTIONS = ['terminate', 'stop', 'hibernate'] as const;
export type Action = (typeof ACTIONS)[number];

/** Seconds between a notice and the reclaim (EC2 user guide, Spot Instance interruption notices). */
export const WINDOW_SECONDS = 120;

export interface NoticeEntry {
  /** Epoch seconds, whole. */
  readonly deadline: number;
  readonly action: Action;
  readonly settings: Settings;
}

/** Keyed by instance id. An instance takes its own entry alone and refuses a map that has none. */
export type Notices = Readonly<Record<string, NoticeEntry>>;
