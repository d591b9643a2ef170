// Scenarios of the guard as a service: State Manager puts it on, brings it up to date in the middle of a run, and
// takes it off.
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { PATHS, WATCH_UNIT } from '../../contract/instance.ts';
import { DEFAULT_SECONDS, GUARD_TAG, GUARD_TAG_REMOVE } from '../../contract/tags.ts';
import { commandLine } from '../machine/processes.ts';
import { servicesOf, watcherOf } from '../machine/services.ts';
import { check, type Expectation, type Scenario, type World } from '../scenario.ts';
import { watcherSaid } from './watcher.ts';
import {
  addHooks,
  calls,
  everyStepSucceeded,
  hooksRan,
  notingHook,
  oneRun,
  prepareWorkload,
  reportInTime,
  startWorker,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

/** What the guard keeps running. A service that one of them starts may be there beside them. */
const UNITS = [WATCH_UNIT, 'spot-guard-tags.timer', 'spot-guard-wanted.path'];

/** What each execution of an association said, one after the other. */
function appliedSaid(...words: readonly RegExp[]): Expectation {
  return ({ applied }) => {
    const said = applied.flatMap(({ steps }) => steps.map(({ stdout }) => stdout.trim()));
    const fits = said.length === words.length && words.every((word, n) => word.test(said[n] ?? ''));
    return check(fits, `State Manager's runs to say ${words.join(', ')}`, applied);
  };
}

function unitsRun({ instance }: Pick<World, 'instance'>): void {
  const running = servicesOf(instance);
  const missing = UNITS.filter((unit) => !running.has(unit));
  if (missing.length > 0) throw new Error(`expected the units ${missing.join(', ')} to run, got none`);
}

/** A unit whose file is new runs what it said before, until systemd is told to reload. */
function watcherIsOfNewest(instance: World['instance']): void {
  const running = commandLine(watcherOf(instance) ?? 0);
  const named = readlinkSync(instance.at(PATHS.command));
  if (!running.includes(named)) throw new Error(`expected a watcher of ${named}, got ${running}`);
}

export const guardInstalled: Scenario = {
  name: 'guard-installed',
  story:
    "State Manager installs the guard with the stack's defaults, and finds it up to date when it looks again: the watcher then needs no command",
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  tags: WORKER_TAGS,
  deliver: () => [],
  prepare: prepareWorkload,
  before: async (world) => {
    unitsRun(world);
    const watcher = watcherOf(world.instance);
    await world.applyAssociations();
    if (watcherOf(world.instance) !== watcher) throw new Error('expected the watcher to go on, got another');
    const status = await world.run(`python3 -I -S ${world.instance.at(PATHS.command)} status`);
    if (!status.includes('cached tags')) throw new Error(`expected settings of cached tags, got ${status}`);
  },
  expectations: [
    appliedSaid(/^installed /, /^up to date: /),
    ({ instance }) => {
      const wanted = Object.fromEntries(
        Object.entries(DEFAULT_SECONDS).map(([name, seconds]) => [name, String(seconds)]),
      );
      const { reports, ...told } = JSON.parse(instance.read(PATHS.defaults) || '{}') as { reports?: string };
      return [
        ...check(sorted(told) === sorted(wanted), `the defaults ${sorted(wanted)}`, told),
        ...check(reports !== undefined && reports !== '', 'the bucket for its reports', reports),
      ];
    },
    workIsSafe,
    oneRun,
  ],
};

const sorted = (value: unknown): string => JSON.stringify(Object.entries(value ?? {}).toSorted());

/** Another file with the same program: what comes before a zip archive does not count. */
const OLDER = `old=$SPOT_GUARD_ROOT/older.pyz
{ echo '#older'; cat "$SPOT_GUARD_ROOT"${PATHS.library}/guard-*.pyz; } >"$old"
exec python3 -I -S "$old" install`;

export const guardUpgraded: Scenario = {
  name: 'guard-upgraded',
  story:
    'State Manager brings a newer guard in the middle of a run: the watcher is another then, and the run ends as it began',
  expected: 'graceful',
  onlyInAll: true,
  // Its hook of 4 s must fit into drain.
  windowSeconds: 30,
  installed: true,
  tags: WORKER_TAGS,
  prepare: (instance) => {
    startWorker(instance);
    addHooks(instance);
    instance.hook('drain', '20-finish', notingHook(instance, 'finish', 'sleep 4'));
  },
  before: async ({ instance, run, until }) => {
    const newer = watcherOf(instance);
    await run(OLDER);
    await until(() => ![undefined, newer].includes(watcherOf(instance)), 'the older watcher to run');
    watcherIsOfNewest(instance);
  },
  meanwhile: async (world) => {
    const { instance, watcher, journal, until, applyAssociations } = world;
    await until(() => journal.some(({ task }) => task === '20-finish'), 'the long hook to start');
    const older = watcherOf(instance);
    await applyAssociations();
    await until(() => ![undefined, older].includes(watcherOf(instance)), 'the newer watcher to run');
    unitsRun(world);
    watcherIsOfNewest(instance);
    await until(
      () => watcher.some((line) => line.includes('in the middle of the run')),
      'it to find the run',
    );
  },
  expectations: [
    appliedSaid(/^installed /, /^installed /),
    ({ instance }) => hooksRan(instance, ['drain', 'finish', 'save', 'clean']),
    oneRun,
    everyStepSucceeded,
    reportInTime,
    ({ verdict }) => check(verdict.report?.attempt === 1, 'the first runner to end the run', verdict.report),
    ({ instance }) => {
      const named = readlinkSync(instance.at(PATHS.command));
      const kept = readdirSync(instance.at(PATHS.library));
      return check(
        kept.length === 2 && kept.some((name) => named.endsWith(`/${name}`)),
        'the command to name one of two versions',
        { named, kept },
      );
    },
  ],
};

export const guardRemoved: Scenario = {
  name: 'guard-removed',
  story:
    'the tag says "remove": State Manager takes the guard off, hooks stay, and the notice finds nobody to act on it',
  expected: 'unguarded',
  installed: true,
  tags: WORKER_TAGS,
  prepare: prepareWorkload,
  before: async ({ instance, setTags, applyAssociations, until }) => {
    setTags({ ...WORKER_TAGS, [GUARD_TAG]: GUARD_TAG_REMOVE });
    await applyAssociations();
    await until(() => watcherOf(instance) === undefined, 'the watcher to end', 3);
    await applyAssociations();
  },
  expectations: [
    appliedSaid(/^installed /, /^uninstalled: /, /^not installed$/),
    ({ instance }) => {
      const left = [PATHS.command, PATHS.library, PATHS.watch, PATHS.tags, PATHS.defaults].filter((path) =>
        existsSync(instance.at(path)),
      );
      const units = readdirSync(instance.at(PATHS.units), { recursive: true, encoding: 'utf8' });
      return [
        ...check(left.length === 0, 'nothing of the guard to be left', left),
        ...check(!units.some((name) => name.includes('spot-guard')), 'no unit to be left', units),
        ...check(existsSync(instance.at(`${PATHS.hooks}/save/10-checkpoint`)), 'the hooks to stay', 'none'),
      ];
    },
    ({ instance }) => hooksRan(instance, []),
    ({ journal }) => check(journal.length === 0, 'no run of the guard', journal),
    calls('ssm', 'SendCommand', 0),
  ],
};

export const untaggedAndBaked: Scenario = {
  name: 'untagged-and-baked',
  story:
    'the guard came with the image, but the instance carries no tag: the watcher, which can read that, leaves it alone',
  expected: 'unguarded',
  onlyInAll: true,
  tags: { Name: 'somebody-else' },
  metadata: { tags: true },
  prepare: prepareWorkload,
  before: async ({ instance, setTags, applyAssociations, until }) => {
    // The image was made of an instance on which it was installed.
    setTags(WORKER_TAGS);
    await applyAssociations();
    setTags({ Name: 'somebody-else' });
    await until(() => watcherOf(instance) !== undefined && instance.read(PATHS.watch) !== '', 'a watcher');
  },
  expectations: [
    watcherSaid(/^interruption: left alone, the instance is not tagged/),
    ({ instance }) => hooksRan(instance, []),
    ({ journal }) => check(journal.length === 0, 'no run of the guard', journal),
    ({ instance }) =>
      check(instance.read('work/worker') === 'working\n', 'the unit to go on', instance.read('work/worker')),
  ],
};
