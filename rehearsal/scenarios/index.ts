// All scenarios, the default first.
import type { Scenario } from '../scenario.ts';
import * as agents from './agents.ts';
import * as apis from './apis.ts';
import * as disks from './disks.ts';
import * as events from './events.ts';
import * as fleet from './fleet.ts';
import * as functions from './functions.ts';
import * as hooks from './hooks.ts';
import * as installing from './installing.ts';
import * as instances from './instances.ts';
import * as livingOn from './living-on.ts';
import * as metadataFaults from './metadata-faults.ts';
import * as permissions from './permissions.ts';
import * as plan from './plan.ts';
import * as rebalance from './rebalance.ts';
import * as reservations from './reservations.ts';
import * as secondPath from './second-path.ts';
import * as settling from './settling.ts';
import * as tags from './tags.ts';
import * as twoHundred from './two-hundred.ts';

export const DEFAULT_SCENARIO: Scenario = plan.graceful;

export const SCENARIOS: readonly Scenario[] = [
  plan.graceful,
  instances.untagged,
  instances.tagOtherValue,
  events.malformedEvent,
  events.duplicateEvent,
  hooks.hookFails,
  hooks.hookIgnoresSigterm,
  agents.staleCommand,
  apis.throttledSsm,
  apis.throttledSsmThroughout,
  agents.agentNotRegistered,
  agents.agentRegistersLate,
  plan.fortySecondsLeft,
  plan.stop,
  instances.reclaimedEarly,
  plan.nothingSetUp,
  tags.hostileTags,
  hooks.hookNotExecutable,
  disks.runNotWritable,
  plan.hibernate,
  plan.longStages,
  hooks.hookHoldsStdout,
  events.foreignAccount,
  events.foreignRegion,
  events.otherKinds,
  events.extraFields,
  events.missingFields,
  events.outOfOrder,
  events.sixtySecondsLate,
  events.lastSecond,
  reservations.reservationWarning,
  reservations.reservationWarningOldName,
  rebalance.rebalanceDeclined,
  instances.instanceNotFound,
  instances.instanceShuttingDown,
  instances.instanceTerminated,
  agents.agentOffline,
  agents.agentBusy,
  agents.commandDeliveredLate,
  agents.stepKilled,
  apis.throttledEc2,
  apis.throttledEc2Throughout,
  apis.serverErrors,
  apis.connectionResets,
  apis.answerLost,
  apis.noAnswer,
  apis.answerWithoutReservations,
  apis.answerWithoutTags,
  apis.answerWithoutState,
  apis.answerWithoutCommandId,
  apis.garbledAnswers,
  functions.functionCrashes,
  functions.functionHangs,
  functions.functionNeverWorks,
  functions.functionThrottled,
  functions.lambdaUnreachable,
  fleet.fleetActions,
  fleet.fleetThrottled,
  fleet.fleetDenied,
  fleet.fleetNeverWorks,
  fleet.fleetWithoutAgent,
  fleet.fleetLeftAlone,
  tags.oddText,
  tags.twoSources,
  disks.diskFull,
  disks.diskFillsUp,
  permissions.leastPrivilege,
  secondPath.watcherFirst,
  secondPath.commandFirst,
  secondPath.bothAtOnce,
  secondPath.threeTimesOnBothPaths,
  secondPath.eventLost,
  secondPath.noProof,
  secondPath.noSsm,
  secondPath.noWatcher,
  secondPath.settingsComeLate,
  secondPath.watcherRestarts,
  secondPath.agentBusyWatcherActs,
  rebalance.rebalanceSaves,
  rebalance.rebalanceThenNotice,
  livingOn.noticeWithdrawn,
  livingOn.thawed,
  livingOn.stoppedThenBooted,
  settling.livesOn,
  settling.settleCrashes,
  settling.settleNeverWorks,
  settling.claimAnswerLost,
  settling.ticketNotLeft,
  settling.ticketNeverLeft,
  settling.coverageCrashes,
  installing.guardInstalled,
  installing.guardUpgraded,
  installing.guardRemoved,
  installing.untaggedAndBaked,
  metadataFaults.metadataErrors,
  metadataFaults.metadataBodies,
  metadataFaults.metadataWire,
  twoHundred.bothPathsTwoHundredTimes,
];
