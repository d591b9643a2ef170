// Names on the instance: paths, exit codes, the hooks' environment. The guard's contract.py says the same.

/** Prefixed to every path below where set: the rehearsal's sandbox. Unset on a real instance. */
export const ROOT_VARIABLE = 'SPOT_GUARD_ROOT';

export const PATHS = {
  /** Kept in memory, gone at a reboot: a full or read-only disk does not stop a run. */
  run: '/run/spot-guard',
  /** What the watcher last saw; its time of change is that of the last poll. */
  watch: '/run/spot-guard/watch.json',
  /** Created by the watcher: systemd then starts the runner, outside of the watcher's sandbox. */
  wanted: '/run/spot-guard/wanted',
  notice: '/run/spot-guard/notice.json',
  acknowledged: '/run/spot-guard/acknowledged',
  runs: '/run/spot-guard/runs',
  hooks: '/etc/spot-guard/hooks.d',
  roots: '/etc/spot-guard/roots',
  /** Settings where no tag can be read, `NAME = VALUE` by lines. */
  conf: '/etc/spot-guard/spot-guard.conf',
  state: '/var/lib/spot-guard',
  /** The tags as EC2 last told them. */
  tags: '/var/lib/spot-guard/tags.json',
  /** What the stack sets for all instances, where no other source says otherwise. */
  defaults: '/var/lib/spot-guard/defaults.json',
  /** What a plan stopped, to be started again where the machine lives on. */
  stopped: '/var/lib/spot-guard/stopped.json',
  /** Each version of the guard is a file of its own here: one that runs is never overwritten. */
  library: '/usr/local/lib/spot-guard',
  command: '/usr/local/bin/spot-guard',
  units: '/etc/systemd/system',
} as const;

/** Begins the name of the transient systemd unit that a run lives in; the run's name follows. */
export const RUN_UNIT = 'spot-guard-run';

/** The service that watches the instance metadata service. */
export const WATCH_UNIT = 'spot-guard-watch.service';

/** Where the metadata service answers, in place of 169.254.169.254: AWS's own variable. */
export const METADATA_VARIABLE = 'AWS_EC2_METADATA_SERVICE_ENDPOINT';

/** Why a plan runs: EC2's notice, its recommendation to move, or a rehearsal on the instance. */
export const EVENTS = ['interruption', 'rebalance', 'rehearsal'] as const;

/** Who brings a notice to the guard: the SSM command, or the watcher that saw it in the instance metadata. */
export const BY_COMMAND = 'command';
export const BY_WATCHER = 'watcher';

/**
 * Exit codes that leave the guard. The agent gives 137, 168 and 194 a meaning of its own, and
 * 169 too: failed, skip the steps that follow. Only what puts the guard in place uses that one.
 */
export const EXIT = {
  ok: 0,
  /** Only from `accept` and `install`. */
  refused: 169,
  /** Wrong call of the guard. */
  usage: 10,
  /** A task of the stage failed. */
  failed: 20,
  /** The stage ran over and was ended at its moment. */
  overran: 21,
  /** The stage could not run: its moment had passed. */
  skipped: 22,
  /** The run ended, or could not be started, without a word on this stage. */
  lost: 23,
} as const;

/** A hook's exit code for "there is nothing consistent to save". Counts as success. */
export const HOOK_NOTHING_TO_SAVE = 75;

/** A hook whose name ends so is run for `hibernate` too; the others are not. */
export const HIBERNATE_SUFFIX = '.hibernate';

export const HOOK_VARIABLES = {
  event: 'SPOT_GUARD_EVENT',
  action: 'SPOT_GUARD_ACTION',
  instanceId: 'SPOT_GUARD_INSTANCE_ID',
  deadline: 'SPOT_GUARD_DEADLINE',
  deadlineEpoch: 'SPOT_GUARD_DEADLINE_EPOCH',
  stage: 'SPOT_GUARD_STAGE',
  stageEnd: 'SPOT_GUARD_STAGE_END',
  state: 'SPOT_GUARD_STATE',
  workload: 'SPOT_GUARD_WORKLOAD',
  attempt: 'SPOT_GUARD_ATTEMPT',
  /** In each process that a task starts: by it the guard finds them. */
  task: 'SPOT_GUARD_TASK',
  /** A file into which the task may write how many bytes it saved. */
  saved: 'SPOT_GUARD_SAVED',
} as const;

/** Lines of the journal, `phase` by `phase`. */
export const JOURNAL_PHASES = [
  'started',
  'takenOver',
  'stageStarted',
  'taskStarted',
  'taskRuns',
  'taskEnded',
  'stageEnded',
  'joined',
  'leftoversEnded',
  'ended',
  'thawed',
  'superseded',
  'startedAgain',
  'warning',
] as const;
