// How an event can be left: one log line and one count each.
import type { Ignored, Notice } from './notice.ts';

export type Answered = Ignored | AnsweredNotice;

export type AnsweredNotice = (
  | {
      readonly phase: 'unguarded';
      readonly notice: Notice;
      readonly reason: 'no tag' | 'tag says remove' | 'other tag value';
    }
  | {
      readonly phase: 'declined';
      readonly notice: Notice;
      readonly reason: 'no rebalance tag' | 'other rebalance tag value';
    }
  | { readonly phase: 'late'; readonly notice: Notice }
  | {
      readonly phase: 'unreachable';
      readonly notice: Notice;
      readonly reason: 'shutting-down' | 'terminated';
    }
  /** `sentMs`: epoch milliseconds of SendCommand's answer. */
  | {
      readonly phase: 'commandSent';
      readonly notice: Notice;
      readonly commandId: string;
      readonly sentMs: number;
    }
  | NotSent
) & {
  /** See `unknownTags`. Absent where there are none, or where the instance is not known. */
  readonly unknownTags?: readonly string[];
};

/** In time, but not sent. `reason` is the service's word for the fault, or one of ours in the same style. */
export interface NotSent {
  readonly phase: 'notSent';
  readonly notice: Notice;
  readonly reason: string;
}
