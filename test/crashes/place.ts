// A Region without a machine, where the functions run from bundles that can be told where to die. Whoever gets a command
// ends it well at once, with a report.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STEPS } from '../../contract/document.ts';
import type { OutcomeRecord } from '../../contract/outcomes.ts';
import { INSTANCE_ID, interruption, moveTo, placeOf } from '../../rehearsal/event.ts';
import { Clock } from '../../rehearsal/region/clock.ts';
import type { StepResult } from '../../rehearsal/region/commands.ts';
import type { Fleet, FleetSetup } from '../../rehearsal/region/fleet.ts';
import { openRegion } from '../../rehearsal/region/region.ts';
import type { JsonObject, Template } from '../../rehearsal/template/template.ts';
import { outcomesIn, settledOnce } from '../../rehearsal/verdict.ts';

export const PARTS = ['respond', 'settle', 'coverage', 'fleet'] as const;
export type Part = (typeof PARTS)[number];

/** What becomes of one notice on its way. */
export interface Trial {
  /** Where a function dies, once. */
  readonly crash?: { readonly part: Part; readonly place: string };
  /** How often EventBridge delivers the event: once where absent. */
  readonly events?: number;
  /** How many calls of SendCommand SSM throttles: then the notice goes through the overflow queue. */
  readonly throttled?: number;
  /** Its tags ask for fleet actions. */
  readonly fleet?: boolean;
  /** What SQS does with the first ticket. */
  readonly ticket?: 'lost' | 'doubled';
  /** EC2 stops the instance, and says so only this long after the notice. */
  readonly stopSeconds?: number;
}

export interface Ended {
  readonly outcomes: readonly OutcomeRecord[];
  readonly commands: number;
  /** What must hold of every trial and does not. */
  readonly problems: readonly string[];
  /** Where each function has been, in order. */
  readonly passed: Readonly<Record<Part, readonly string[]>>;
}

const DEREGISTER = { 'spot-guard:deregister': 'targets' };
const REPLACE = { 'spot-guard:replace': 'asg' };
const FLEET: FleetSetup = {
  targetGroups: [{ name: 'web', tags: DEREGISTER, targets: [{ id: INSTANCE_ID, port: 80 }] }],
  scalingGroups: [{ name: 'workers', tags: REPLACE, members: { [INSTANCE_ID]: 'InService' } }],
};

const WINDOW_SECONDS = 60;
/** A look that dies is made good by the next one, at a quarter of an hour. */
const SETTLED_SECONDS = 24 * 60;

/** `bundles`: folder with a folder for each function; `folder`: one of the trial's own. */
export async function tryOut(
  trial: Trial,
  template: Template,
  bundles: string,
  folder: string,
): Promise<Ended> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(bundles, folder, { recursive: true });
  if (trial.crash) writeFileSync(join(folder, trial.crash.part, 'crash'), trial.crash.place);
  writeFileSync(join(folder, 'violations'), '');
  const { stopSeconds } = trial;
  const action = stopSeconds === undefined ? 'terminate' : 'stop';
  const event = moveTo(interruption(action), WINDOW_SECONDS, Date.now()) as JsonObject;
  const noticeMs = Date.parse(String(event.time));
  const instance = {
    id: INSTANCE_ID,
    tags: { 'spot-guard': 'enabled', ...(trial.fleet ? { ...DEREGISTER, ...REPLACE } : {}) },
    state: 'terminated' as const,
    launchedMs: noticeMs - 3_600_000,
    spotRequest: {
      id: 'sir-4crashes',
      code: stopSeconds === undefined ? 'instance-terminated-no-capacity' : 'instance-stopped-no-capacity',
      updatedMs: noticeMs + (stopSeconds ?? 1) * 1000,
      state: 'closed' as const,
    },
  };
  const clock = new Clock(join(folder, 'clock'));
  // Running up to its deadline, and gone after it.
  const isGone = (): boolean => clock.now() >= noticeMs + 120_000;
  const log: JsonObject[] = [];
  const metrics: JsonObject[] = [];
  const faults: string[] = [];
  const region = await openRegion({
    template: withBundles(template, folder),
    place: placeOf(event),
    violations: join(folder, 'violations'),
    instances: [
      Object.defineProperty({ ...instance }, 'state', {
        get: () => (isGone() ? (action === 'stop' ? 'stopped' : 'terminated') : 'running'),
        enumerable: true,
      }),
    ],
    instanceId: INSTANCE_ID,
    fleet: FLEET,
    isRegistered: () => true,
    faults: [{ service: 'ssm', action: 'SendCommand', kind: 'throttle', first: trial.throttled ?? 0 }],
    readsLive: false,
    lambdaUnreachable: false,
    waitScale: 1,
    clock,
    troubleOf: () => ({ waitScale: 1 }),
    onInvoked: () => undefined,
    onCall: ({ allowed, by, service, action }) => {
      if (!allowed) faults.push(`${by} may not ${service}:${action}`);
    },
    onLog: (line) => {
      const record = parse(line);
      if (record?._aws !== undefined) metrics.push(record);
      else if (record !== undefined) log.push(record);
    },
    onQueued: () => undefined,
    onProblem: (problem) => faults.push(problem),
    onDecided: () => undefined,
  });
  try {
    region.commands.onSent((invocation) => {
      invocation.status = 'Success';
      invocation.steps.push(...STEPS.map((name) => ended(name, noticeMs)));
    });
    for (let delivery = 0; delivery < (trial.events ?? 1); delivery += 1) await region.put(event);
    const [tickets] = region.queues.filter(({ fifo, delaySeconds }) => fifo && delaySeconds > 0);
    const [first] = tickets?.messages ?? [];
    if (tickets && first && trial.ticket === 'lost') tickets.discard(first.id);
    if (tickets && first && trial.ticket === 'doubled') {
      tickets.send(first.body, {}, { groupId: first.groupId ?? '', deduplicationId: 'another' });
    }
    await region.passTime(noticeMs + (WINDOW_SECONDS + (stopSeconds ?? 0) + SETTLED_SECONDS) * 1000);
    const outcomes = outcomesIn(region.buckets);
    const commands = region.commands.invocations.length;
    return {
      outcomes,
      commands,
      problems: [
        ...faults,
        ...settledOnce(region.buckets, metrics, log, 1),
        ...takenOut(region.fleet, trial.fleet ?? false),
      ],
      passed: {
        respond: passedIn(join(folder, 'respond')),
        settle: passedIn(join(folder, 'settle')),
        coverage: passedIn(join(folder, 'coverage')),
        fleet: passedIn(join(folder, 'fleet')),
      },
    };
  } finally {
    await region.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Out of its groups, and replaced once; where its tags do not ask for it, nothing. */
function takenOut(fleet: Fleet, asked: boolean): string[] {
  const [group] = fleet.scalingGroups;
  const came = { serving: fleet.serving(INSTANCE_ID).length, launched: group?.launched };
  const wanted = asked ? { serving: 0, launched: 1 } : { serving: 1, launched: 0 };
  const same = came.serving === wanted.serving && came.launched === wanted.launched;
  return same ? [] : [`expected of the fleet ${JSON.stringify(wanted)}, got ${JSON.stringify(came)}`];
}

function passedIn(folder: string): string[] {
  const file = join(folder, 'passed');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** The template with other code for its functions. */
function withBundles(template: Template, folder: string): Template {
  const assets = new Map(template.assets);
  for (const { logicalId, type, properties } of template.resources.values()) {
    if (type !== 'AWS::Lambda::Function') continue;
    const part = /(Respond|Settle|Coverage|Fleet)Function/.exec(logicalId)?.[1]?.toLowerCase() ?? '';
    const { S3Key: key } = (properties.Code ?? {}) as JsonObject;
    assets.set(String(key), join(folder, part));
  }
  return { ...template, assets };
}

function ended(name: (typeof STEPS)[number], noticeMs: number): StepResult {
  const at = noticeMs + 2_000;
  const stdout = name === 'report' ? report(noticeMs) : '';
  return { name, status: 'Success', exit: 0, started: at, ended: at, stdout, stderr: '' };
}

function report(noticeMs: number): string {
  const at = noticeMs / 1000 + 2;
  const [, ...names] = STEPS;
  return JSON.stringify({
    version: 1,
    instanceId: INSTANCE_ID,
    action: 'terminate',
    deadline: noticeMs / 1000 + 120,
    result: 'graceful',
    secondsToSpare: 118,
    attempt: 1,
    stages: names.map((name) => ({ name, started: at, ended: at, until: at, exit: 0 })),
    tasks: [],
    acknowledged: [],
    refused: [],
    warnings: 0,
    leftovers: 0,
  });
}

function parse(line: string): JsonObject | undefined {
  try {
    const said: unknown = JSON.parse(line);
    return typeof said === 'object' && said !== null ? (said as JsonObject) : undefined;
  } catch {
    return undefined; // a line of the runtime's
  }
}
