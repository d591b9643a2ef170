// Scenarios of a metadata service that answers wrongly. Nothing is done because of it, however near to a notice it
// comes; the true notice after it is acted on.

import type { MetadataFault } from '../machine/metadata.ts';
import { watcherOf } from '../machine/services.ts';
import { check, type Scenario, type World } from '../scenario.ts';
import { planEndedInTime, planStartedBetween, watcherStarted } from './watcher.ts';
import { hooksRan, oneRun, prepareWorkload, WORKER_TAGS, workIsSafe } from './workload.ts';

/** Requests that must meet a fault before the next one: the first may have been on its way. */
const POLLS = 2;
const NOTICE = /^GET .*instance-action/;
const SOON = (): string => new Date(Date.now() + 60_000).toISOString().replace(/\.\d+Z/, 'Z');
const notice = (): string => JSON.stringify({ action: 'terminate', time: SOON() });

interface Trial {
  readonly what: string;
  /** `telling`: of a notice, to a poller that looks at the body alone. */
  readonly fault: (telling: string) => MetadataFault;
  /** The answer that the fault spoils is that of a notice. */
  readonly announced?: boolean;
}

const status = (code: number): Trial => ({
  what: `${code}`,
  fault: (body) => ({ kind: 'status', status: code, body, on: NOTICE }),
});
const body = (what: string, text: (telling: string) => string): Trial => ({
  what,
  fault: (telling) => ({ kind: 'body', body: text(telling), on: NOTICE }),
});
const spoilt = (fault: MetadataFault): Trial => ({
  what: fault.kind,
  fault: () => ({ ...fault, on: NOTICE }),
  announced: true,
});

async function undergo(world: World, trials: readonly Trial[]): Promise<void> {
  const { metadata, until, watcher, journal, instance } = world;
  const before = watcherOf(instance);
  for (const { what, fault, announced = false } of trials) {
    const takeOut = metadata.plant(fault(notice()));
    if (announced) metadata.announce('terminate', SOON());
    const polls = (): number => metadata.requests.filter(({ path }) => NOTICE.test(`GET ${path}`)).length;
    const from = polls();
    await until(() => polls() >= from + POLLS, `the watcher to poll in spite of ${what}`, 20);
    metadata.withdraw();
    takeOut();
    if (journal.length > 0) throw new Error(`expected nothing to be done by ${what}, got a run`);
  }
  const said = watcher.length;
  metadata.expireTokens();
  await until(() => watcher.slice(said).some((line) => line === 'notice: none'), 'a good answer again', 20);
  if (watcherOf(instance) !== before) throw new Error('expected the watcher to live, got another');
}

const faulty = (name: string, story: string, trials: readonly Trial[]): Scenario => ({
  name,
  story,
  // By the watcher alone, that leaves its report itself.
  expected: 'graceful',
  onlyInAll: true,
  installed: true,
  tags: WORKER_TAGS,
  deliver: () => [],
  prepare: prepareWorkload,
  before: async (world) => {
    await undergo(world, trials);
    const { instance } = world;
    const problems = [
      ...hooksRan(instance, []),
      ...check(
        instance.read('work/worker') === 'working\n',
        'the unit to go on',
        instance.read('work/worker'),
      ),
    ];
    if (problems.length > 0) throw new Error(problems.join('; '));
  },
  expectations: [watcherStarted, planStartedBetween(0, 3), workIsSafe, oneRun, planEndedInTime],
});

export const metadataErrors: Scenario = faulty(
  'metadata-errors',
  'each error status with the body of a notice, and tokens that expire: the watcher polls on, and acts on the true notice',
  [
    status(401),
    status(403),
    status(404),
    status(500),
    status(400),
    status(302),
    // The last ones: they slow the polls down.
    status(429),
    status(503),
  ],
);

export const metadataBodies: Scenario = faulty(
  'metadata-bodies',
  'HTTP 200 with what is no notice: pages, half of a JSON, unknown actions, times that are none or far away',
  [
    { what: 'html', fault: () => ({ kind: 'html', on: NOTICE }) },
    body('bad JSON', (telling) => telling.slice(0, -1)),
    body('a list', (telling) => `[${telling}]`),
    body('an unknown action', (telling) => telling.replace('terminate', 'Terminate')),
    body('a time that is none', () => '{"action":"terminate","time":"soon"}'),
    body('a time of last year', () => '{"action":"terminate","time":"2025-01-01T00:00:00Z"}'),
    body('no time', () => '{"action":"terminate"}'),
    body('an empty body', () => ''),
    { what: 'huge', fault: () => ({ kind: 'huge', bytes: 2_000_000, on: NOTICE }) },
  ],
);

export const metadataWire: Scenario = faulty(
  'metadata-wire',
  'a notice is there, but its answer comes in half, too slowly, not at all, or in a form that the service never uses',
  [
    spoilt({ kind: 'half' }),
    spoilt({ kind: 'slow', ms: 1_500 }),
    spoilt({ kind: 'trickle', ms: 40 }),
    spoilt({ kind: 'hang' }),
    spoilt({ kind: 'reset' }),
    spoilt({ kind: 'notHttp' }),
    spoilt({ kind: 'chunked' }),
  ],
);
