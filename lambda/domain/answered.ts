// How an event can be left: one log line and one count each.
import type { FleetAction, Settings } from '../../contract/tags.ts';
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
  /** What its tags ask for beside the command. For `fleet`, not for the log. Absent where that is nothing. */
  readonly fleet?: readonly FleetAction[];
  /** What was sent, or was to be sent, to a guarded instance. For its ticket, not for the log. */
  readonly settings?: Settings;
};

/** In time, but not sent. `reason` is the service's word for the fault, or one of ours in the same style. */
export interface NotSent {
  readonly phase: 'notSent';
  readonly notice: Notice;
  readonly reason: string;
}

/** The notice was answered, but its ticket could not be left: only `coverage` can bring it to its outcome. */
export interface NoTicket {
  readonly phase: 'noTicket';
  readonly notice: Notice;
  readonly reason: string;
}

/** What its tags ask for beside the command could not be left for `fleet`. The notice itself is answered. */
export interface FleetNotLeft {
  readonly phase: 'fleetNotLeft';
  readonly notice: Notice;
  readonly reason: string;
}

/** Nobody tries it any more: it lies in the dead letters. Without a notice where the message held none. */
export interface DeadLettered {
  readonly phase: 'deadLettered';
  readonly notice: Notice | undefined;
  readonly reason: string;
}

/** A call to a queue was given up. What it was for comes again. */
export interface QueueFailed {
  readonly phase: 'queueFailed';
  readonly reason: string;
}

/** What a line of `respond` tells of. */
export type Told = Answered | NoTicket | FleetNotLeft | DeadLettered | QueueFailed;
