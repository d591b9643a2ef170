// All scenarios, the default first.
import type { Scenario } from '../scenario.ts';
import * as hooks from './hooks.ts';
import * as paths from './paths.ts';
import * as plan from './plan.ts';

export const DEFAULT_SCENARIO: Scenario = plan.graceful;

export const SCENARIOS: readonly Scenario[] = [
  plan.graceful,
  paths.untagged,
  paths.tagOtherValue,
  paths.malformedEvent,
  paths.duplicateEvent,
  hooks.hookFails,
  hooks.hookIgnoresSigterm,
  paths.staleCommand,
  paths.throttledSsm,
  paths.throttledSsmThroughout,
  paths.agentNotRegistered,
  plan.fortySecondsLeft,
  plan.stop,
  paths.reclaimedEarly,
  plan.nothingSetUp,
  hooks.hostileTags,
  hooks.hookNotExecutable,
  hooks.runNotWritable,
];
