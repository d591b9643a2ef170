// One rehearsal from the notice to the reclaim: sets the world up, lets the built artefacts act, takes the machine
// away at the deadline and looks at what can be known then.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PHASES } from '../contract/log.ts';
import { actionOf, deadlineOf, interruption, isOnSpot, moveTo, placeOf } from './event.ts';
import type { Host } from './host.ts';
import { Agent } from './machine/agent.ts';
import { lines } from './machine/instance.ts';
import { commandLine, killAll } from './machine/processes.ts';
import { runScript } from './machine/shell.ts';
import type { Applied } from './machine/state-manager.ts';
import { Observer } from './observer.ts';
import { leftIn, untilQuiet } from './quiet.ts';
import { Clock } from './region/clock.ts';
import type { Message } from './region/queue.ts';
import { declaredStatements } from './region/statements.ts';
import { type Outcomes, summarise } from './result.ts';
import type { Evidence, Scenario } from './scenario.ts';
import { isObject, type Json, type Template } from './template/template.ts';
import { type Entry, Timeline } from './timeline.ts';
import { outcomesIn, settledOnce, untold, verdictOf } from './verdict.ts';
import { type LocalWorld, openWorld } from './world.ts';

export interface RehearsalOptions {
  readonly template: Template;
  readonly host: Host;
  /** 5 to 120; the scenario's own where absent. */
  readonly windowSeconds?: number;
  /** A recorded event in place of the scenario's. */
  readonly event?: Json;
  /** Aborted, it ends at once and cleans up. */
  readonly signal?: AbortSignal;
  readonly onEntry?: (entry: Entry) => void;
}

export const DEFAULT_WINDOW_SECONDS = 15;

/** After the deadline: a look at an instance that still runs, and two for what was lost, are over. */
const SETTLED_SECONDS = 23 * 60;
/** There `respond` has the last word, or nobody had anything to say. */
const NOTHING_TO_SETTLE: readonly Scenario['expected'][] = ['unguarded', 'none'];
const LINES_MS = 2_000;
const POLL_MS = 20;

export async function rehearse(scenario: Scenario, options: RehearsalOptions): Promise<Outcomes> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'spot-guard-')));
  const root = join(folder, 'instance');
  try {
    return await run(scenario, options, root, join(folder, 'violations'), join(folder, 'clock'));
  } finally {
    await killAll(root);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(
  scenario: Scenario,
  options: RehearsalOptions,
  root: string,
  violations: string,
  clockFile: string,
): Promise<Outcomes> {
  const windowSeconds = options.windowSeconds ?? scenario.windowSeconds ?? DEFAULT_WINDOW_SECONDS;
  const base = options.event ?? interruption(scenario.action ?? 'terminate');
  // Of the event as EC2 sent it: a scenario that alters it does not move the Region.
  const place = placeOf(base);
  writeFileSync(violations, '');
  const clock = new Clock(clockFile);
  const timeline = new Timeline(options.onEntry, clock.now);
  const observer = new Observer(timeline);
  const { template, host } = options;
  const world = await openWorld({
    scenario,
    event: base,
    place,
    windowSeconds,
    template,
    host,
    root,
    violations,
    observer,
    clock,
  });
  const { instance, region } = world;
  let agent: Agent | undefined;
  try {
    scenario.prepare?.(instance);
    await setUp(scenario, world, observer);
    options.signal?.throwIfAborted();
    const unmoved = isObject(base) && scenario.alterEvent ? scenario.alterEvent(base) : base;
    const event = moveTo(unmoved, windowSeconds, Date.now());
    const deadline = deadlineOf(event, windowSeconds, Date.now());
    timeline.start(deadline);
    observer.onDeadline(deadline);
    world.give(actionOf(event), deadline, isOnSpot(unmoved));
    agent = agentOf(scenario, world, observer, windowSeconds);
    const dispatchedMs = Date.now();
    const reclaimMs = (scenario.reclaimAt?.(deadline, windowSeconds) ?? deadline) * 1000;
    const early = await untilQuiet(scenario, world, { event, reclaimMs }, observer, options.signal);
    const leftRunning = early ? await leftIn(world, observer) : [];

    const probed = (await scenario.probe?.(region)) ?? [];
    agent.stop();
    world.end(true);
    world.reclaim();
    observer.onReclaim(early);
    const stuck = await killAll(root);
    if (scenario.afterwards) {
      world.end(false);
      observer.onReturn();
      await scenario.afterwards(world).catch((error: unknown) => observer.onProblem(String(error)));
      stuck.push(...(await killAll(root)));
    }
    await region.passTime((deadline + SETTLED_SECONDS) * 1000);
    options.signal?.throwIfAborted();
    const outcomes = outcomesIn(region.buckets);
    await linesOut(observer, outcomes.length);
    await world.close();
    const invocations = region.commands.of(instance.id);
    const verdict = verdictOf(outcomes, observer.log, deadline);
    const messagesOf = (queue: string): readonly Message[] =>
      region.queues.filter(({ name }) => name.includes(queue)).flatMap(({ messages }) => messages);
    const evidence: Evidence = {
      verdict,
      outcomes,
      event: isObject(event) ? event : {},
      windowSeconds,
      deadline,
      instance,
      invocations,
      applied: world.applied,
      watcher: world.watcher,
      journal: world.journal,
      log: observer.log,
      metrics: observer.metrics,
      invoked: observer.invocations,
      apiCalls: observer.apiCalls,
      overflowed: observer.queued,
      noticeDeadLetters: messagesOf('OverflowDeadLetters'),
      ticketDeadLetters: messagesOf('SettlementDeadLetters'),
      fleetDeadLetters: messagesOf('FleetRequestsDeadLetters'),
      fleet: region.fleet,
      leftRunning,
    };
    const wanted = options.event === undefined ? scenario.outcomes : undefined;
    const problems = [
      ...observer.problems,
      ...expected('loopback hosts only', lines(readFileSync(violations, 'utf8'))),
      ...expected('no call that the sandbox must refuse', instance.unsupportedCalls()),
      ...expected("lines of the guard's journal only", world.journalFaults),
      ...expected('every process to end with SIGKILL', stuck.map(commandLine)),
      ...expected('every call to be allowed', observer.denied()),
      ...expected(
        'every notice to be answered or given up',
        messagesOf('OverflowQueue').map(({ body }) => body),
      ),
      ...expected(
        'every fleet action to be done or given up',
        messagesOf('FleetRequestsQueue').map(({ body }) => body),
      ),
      ...expected('every association to succeed', failed(world.applied)),
      ...probed,
      ...settledOnce(
        region.buckets,
        observer.metrics,
        observer.log,
        wanted ?? (NOTHING_TO_SETTLE.includes(scenario.expected) ? 0 : 1),
      ),
      ...expected('a line for each outcome', scenario.trouble ? [] : untold(outcomes, observer.log)),
      ...scenarioProblems(scenario, evidence, options.event !== undefined),
    ];
    const unused = [...declaredStatements(region.stack)].filter(([name]) => !observer.decided.has(name));
    return {
      ...summarise(scenario, evidence, problems, dispatchedMs, observer.entries()),
      statementsUnused: unused.map(([name, what]) => `${name}: ${what}`),
    };
  } finally {
    agent?.stop();
    await world.close();
    timeline.end();
  }
}

/** Log lines come out of a pipe a moment after the function has answered. */
async function linesOut({ log }: Observer, count: number): Promise<void> {
  const until = Date.now() + LINES_MS;
  const told = (): number => log.filter(({ phase }) => phase === PHASES.settled).length;
  while (told() < count && Date.now() < until) await delay(POLL_MS);
}

/** What is there before the notice. */
async function setUp(scenario: Scenario, world: LocalWorld, observer: Observer): Promise<void> {
  try {
    if (scenario.installed) await world.install();
    await scenario.before?.(world);
  } catch (error) {
    observer.onProblem(error instanceof Error ? error.message : String(error));
  }
}

function agentOf(scenario: Scenario, world: LocalWorld, observer: Observer, windowSeconds: number): Agent {
  const { takesCommandsAt, busyShare, killsStep } = scenario.agent ?? {};
  return new Agent({
    instanceId: world.instance.id,
    commands: world.region.commands,
    pickUpAtMs: (takesCommandsAt?.(world.deadline(), windowSeconds) ?? 0) * 1000,
    ...(busyShare === undefined ? {} : { busyMs: busyShare * windowSeconds * 1000 }),
    ...(killsStep === undefined ? {} : { killsStep }),
    runScript: (script) => runScript(world.shell, script),
    onStarted: ({ command }) => observer.onCommandTaken(command.id),
    onStep: ({ command }, step) => observer.onStep(command.id, step),
  });
}

const failed = (applied: readonly Applied[]): string[] =>
  applied.filter(({ status }) => status !== 'Success').map((one) => JSON.stringify(one));

/** What a scenario expects in detail holds for its own event. */
function scenarioProblems(scenario: Scenario, evidence: Evidence, isForeign: boolean): string[] {
  const { outcome, because } = evidence.verdict;
  const asExpected = outcome === scenario.expected || (scenario.orElse?.includes(outcome) ?? false);
  return [
    ...(asExpected || isForeign
      ? []
      : [`expected the outcome ${scenario.expected}, got ${outcome}: ${because}`]),
    ...(isForeign && !asExpected
      ? []
      : scenario.expectations.flatMap((expectation) => expectation(evidence))),
  ];
}

const expected = (what: string, came: readonly string[]): string[] =>
  came.map((one) => `expected ${what}, got ${one}`);
