// The log is the record: each step of a notice is one line with these keys.
export const LOG_KEYS = {
  instanceId: 'instanceId',
  noticeTime: 'noticeTime',
  action: 'action',
  phase: 'phase',
  secondsLeft: 'secondsLeft',
  reason: 'reason',
  eventId: 'eventId',
  /** The field at fault of an ignored event, cut to 80 printable characters. */
  got: 'got',
  commandId: 'commandId',
  /** Milliseconds from the notice's time, which has whole seconds, to SendCommand's answer. */
  noticeToCommandMs: 'noticeToCommandMs',
  /** Names of the instance's tags that begin with `spot-guard:` and are no settings, by commas; absent where there are none. */
  unknownTags: 'unknownTags',

  /** Of a line of `fleet`: `deregister` or `replace`. */
  fleetAction: 'fleetAction',
  /** Names of what the instance is out of, the first five, by commas. */
  groups: 'groups',

  // Of the line that tells an outcome; contract/outcomes.ts says what each is.
  outcome: 'outcome',
  because: 'because',
  secondsToSpare: 'secondsToSpare',
  noticeToFirstStageMs: 'noticeToFirstStageMs',
  noticeToSavedMs: 'noticeToSavedMs',
  lastStage: 'lastStage',
  failedStage: 'failedStage',
  failedReason: 'failedReason',
  bytesSaved: 'bytesSaved',
  pool: 'pool',
  provenBy: 'provenBy',
  instanceState: 'instanceState',
  spotStatus: 'spotStatus',
  /** Why a report that was there proves nothing, by semicolons. */
  refusedReports: 'refusedReports',
  /** How the notice was left before it was settled. */
  left: 'left',
  /** The name of the outcome object. */
  key: 'key',
  /** After which a ticket is read again. */
  seconds: 'seconds',
} as const;

/** Values of `phase` in the functions' log. Facts are in the past. */
export const PHASES = {
  /** Not a notice that this function answers: malformed, foreign, unknown. */
  ignored: 'ignored',
  /** A notice for an instance without the tag. */
  unguarded: 'unguarded',
  /** Seen first after its deadline, dropped on purpose. */
  late: 'late',
  /** The instance was shutting down already, for another reason: nothing can reach it. */
  unreachable: 'unreachable',
  /** A rebalance recommendation for an instance whose tags do not ask to be saved at one. */
  declined: 'declined',
  commandSent: 'commandSent',
  /** In time, but not sent. The notice goes to the overflow queue, and comes from there again and again. */
  notSent: 'notSent',
  /** Answered, but its ticket could not be left. The notice goes to the overflow queue. */
  noTicket: 'noTicket',
  /** Nobody tries it any more: it was in time and could not be sent, or it is no notice at all. */
  deadLettered: 'deadLettered',
  /** A call to the overflow queue or its dead letters was given up. What it was for comes again. */
  queueFailed: 'queueFailed',
  /** The command has left, but what the tags ask for beside it could not be left for `fleet`. */
  fleetNotLeft: 'fleetNotLeft',

  // Of `settle`.
  /** The notice has its outcome now. */
  settled: 'settled',
  /** It had one already. */
  already: 'already',
  /** The ticket is read again later. */
  later: 'later',
  /** It could not be settled now: the ticket comes again, and is dead-lettered in the end. */
  notSettled: 'notSettled',

  // Of `fleet`, for each instance and action.
  fleetDone: 'fleetDone',
  /** There is nothing to do, or not for SpotGuard. */
  fleetSkipped: 'fleetSkipped',
  /** It could not be done now, and is tried again until the deadline. */
  fleetAgain: 'fleetAgain',
  /** Nobody tries it any more. */
  fleetFailed: 'fleetFailed',

  // Of `coverage`.
  /** EC2 has ended the Spot request of a guarded instance, and there is no outcome: a ticket is left for it. */
  uncovered: 'uncovered',
} as const;
export type Phase = (typeof PHASES)[keyof typeof PHASES];
