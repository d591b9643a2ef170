// The tags by which a user opts an instance in and tells SpotGuard what to do on it.

/** The tag that makes an instance guarded. Only this exact value counts: `Enabled` or `enabled ` do not. */
export const GUARD_TAG = 'spot-guard';
export const GUARD_TAG_VALUE = 'enabled';
/** This exact value takes the guard off an instance on which it was installed. */
export const GUARD_TAG_REMOVE = 'remove';

/** A setting named `units` is the tag `spot-guard:units`. */
export const SETTING_TAG_PREFIX = 'spot-guard:';

/**
 * What a tag may set. The instance parses the values; nothing before it does.
 *
 * - `units`, `containers`: what to stop, separated by commas or spaces.
 * - `state`: folders that hold the work's state; `workload`: the name that the state belongs to.
 * - `drain-until`, `save-until`, `clean-until`: whole seconds before the deadline at which that stage ends.
 * - `grace`: whole seconds between SIGTERM and SIGKILL at a stage's end.
 * - `rebalance`: `save` asks for the stage `save` at a rebalance recommendation.
 * - `stopped`: `leave` keeps what the guard stopped from being started again where the machine lives on.
 */
export const SETTINGS = [
  'units',
  'containers',
  'state',
  'workload',
  'drain-until',
  'save-until',
  'clean-until',
  'grace',
  'rebalance',
  'stopped',
] as const;
export type Setting = (typeof SETTINGS)[number];

/**
 * What is done for an instance beside the command, where it carries the tag `spot-guard:<name>` with exactly this value.
 * The same tag on a target group, or on an Auto Scaling group, lets it be done there.
 */
export const FLEET_ACTIONS = { deregister: 'targets', replace: 'asg' } as const;
export type FleetAction = keyof typeof FLEET_ACTIONS;

/** Of tags that begin with the prefix and name no setting, so many are told of, each by so many printable characters. */
export const UNKNOWN_TAGS_MAX = 5;
export const UNKNOWN_TAG_CHARS = 40;

/** The one value of the tag `spot-guard:rebalance` that means something. */
export const REBALANCE_SAVE = 'save';

/** Raw tag values by setting. A setting that no tag gives is absent. */
export type Settings = Partial<Record<Setting, string>>;

/** The seconds that hold where neither a tag nor the stack says otherwise. */
export const DEFAULT_SECONDS = { 'drain-until': 45, 'save-until': 10, 'clean-until': 5, grace: 5 } as const;

/** The allowed range of those seconds. The three moments must also fall: drain >= save >= clean. */
export const SECONDS_RANGE = {
  'drain-until': { min: 4, max: 115 },
  'save-until': { min: 4, max: 115 },
  'clean-until': { min: 4, max: 60 },
  grace: { min: 1, max: 30 },
} as const;
