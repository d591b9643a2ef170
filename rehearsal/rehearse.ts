// One rehearsal from the notice to the reclaim: sets the world up, lets the built artefacts act, takes the machine
// away at the deadline and looks at what can be known then.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WINDOW_SECONDS } from '../contract/notices.ts';
import { deadlineOf, instanceIdOf, interruption, moveTo, placeOf } from './event.ts';
import type { Host } from './host.ts';
import { Agent } from './machine/agent.ts';
import { Instance, lines } from './machine/instance.ts';
import { JournalFollower } from './machine/journal.ts';
import { commandLine, isWaitingRunner, killAll, processesOf } from './machine/processes.ts';
import { runScript } from './machine/shell.ts';
import { Observer } from './observer.ts';
import type { Ec2Instance } from './region/endpoints/ec2.ts';
import { openRegion, type Region } from './region/region.ts';
import { declaredStatements } from './region/statements.ts';
import { type Outcomes, summarise } from './result.ts';
import { type Evidence, GUARDED, type Scenario } from './scenario.ts';
import { isObject, type Json, type Template } from './template/template.ts';
import { type Entry, Timeline } from './timeline.ts';
import { judge } from './verdict.ts';

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
const POLL_MS = 20;
/** How long the runner has to leave after its report, and a log line to come out of its pipe. */
const SETTLE_MS = 2_000;
const BETWEEN_EVENTS_SECONDS = 0.15;

export async function rehearse(scenario: Scenario, options: RehearsalOptions): Promise<Outcomes> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'spot-guard-')));
  const root = join(folder, 'instance');
  try {
    return await run(scenario, options, root, join(folder, 'violations'));
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
): Promise<Outcomes> {
  const windowSeconds = options.windowSeconds ?? scenario.windowSeconds ?? DEFAULT_WINDOW_SECONDS;
  const base = options.event ?? interruption(scenario.action ?? 'terminate');
  const unmoved = isObject(base) && scenario.alterEvent ? scenario.alterEvent(base) : base;
  // Of the event as EC2 sent it: a scenario that alters it does not move the Region.
  const place = placeOf(base);
  const { registered = true, takesCommandsAt, busyShare, killsStep } = scenario.agent ?? {};
  writeFileSync(violations, '');
  const instance = new Instance(instanceIdOf(base), root, options.host, violations);
  scenario.prepare?.(instance);

  const timeline = new Timeline(options.onEntry);
  const observer = new Observer(timeline);
  const region = await openRegion({
    ...observer,
    template: options.template,
    place,
    violations,
    instances: instancesOf(scenario, instance.id),
    isRegistered: (id) => id === instance.id && registered,
    faults: scenario.faults ?? [],
    lambdaUnreachable: scenario.lambda === 'unreachable',
    trouble: {
      waitScale: windowSeconds / WINDOW_SECONDS,
      ...(scenario.lambda === undefined || scenario.lambda === 'unreachable'
        ? {}
        : { fault: scenario.lambda }),
    },
  });
  const journal = new JournalFollower(root, observer.onJournal);
  let agent: Agent | undefined;
  try {
    const event = moveTo(unmoved, windowSeconds, Date.now());
    const deadline = deadlineOf(event, windowSeconds, Date.now());
    timeline.start(deadline);
    const { id: instanceId, path } = instance;
    const shell = { instanceId, region: place.region, root, path, diskFull: scenario.diskFull ?? false };
    agent = new Agent({
      instanceId: instance.id,
      commands: region.commands,
      pickUpAtMs: (takesCommandsAt?.(deadline, windowSeconds) ?? 0) * 1000,
      ...(busyShare === undefined ? {} : { busyMs: busyShare * windowSeconds * 1000 }),
      ...(killsStep === undefined ? {} : { killsStep }),
      runScript: (script) => runScript(shell, script),
      onStarted: ({ command }) => observer.onCommandTaken(command.id),
      onStep: (_invocation, step) => observer.onStep(step),
    });
    const dispatchedMs = Date.now();
    observer.onNotice(event);
    const reclaimMs = (scenario.reclaimAt?.(deadline, windowSeconds) ?? deadline) * 1000;
    const early = await untilQuiet(
      region,
      isObject(event) && scenario.deliver ? scenario.deliver(event) : [event],
      scenario.secondsBetween ?? BETWEEN_EVENTS_SECONDS,
      reclaimMs,
      observer,
      options.signal,
    );
    const leftRunning = early ? await leftIn(root, region, observer) : [];

    const probed = (await scenario.probe?.(region)) ?? [];
    agent.stop();
    observer.onReclaim(early);
    const stuck = await killAll(root);
    journal.stop();
    const invocations = region.commands.of(instance.id);
    const logPhases = observer.log.map(({ phase }) => String(phase));
    const evidence: Evidence = {
      verdict: judge({ instanceId: instance.id, deadline, logPhases, invocations }),
      event: isObject(event) ? event : {},
      windowSeconds,
      deadline,
      instance,
      invocations,
      journal: journal.lines,
      log: observer.log,
      metrics: observer.metrics,
      invoked: observer.invocations,
      apiCalls: observer.apiCalls,
      overflow: region.queues.flatMap(({ messages }) => messages),
      leftRunning,
    };
    const problems = [
      ...observer.problems,
      ...expected('loopback hosts only', lines(readFileSync(violations, 'utf8'))),
      ...expected('no call that the sandbox must refuse', instance.unsupportedCalls()),
      ...expected("lines of the guard's journal only", journal.faults),
      ...expected('every process to end with SIGKILL', stuck.map(commandLine)),
      ...expected('every call to be allowed', observer.denied()),
      ...probed,
      ...scenarioProblems(scenario, evidence, options.event !== undefined),
    ];
    const unused = [...declaredStatements(region.stack)].filter(([name]) => !observer.decided.has(name));
    return {
      ...summarise(scenario, evidence, problems, dispatchedMs, observer.entries()),
      statementsUnused: unused.map(([name, what]) => `${name}: ${what}`),
    };
  } finally {
    agent?.stop();
    journal.stop();
    await region.close();
  }
}

function instancesOf({ tags = GUARDED, state = 'running' }: Scenario, id: string): Ec2Instance[] {
  return state === 'unknown' ? [] : [{ id, tags, state }];
}

/** Delivers the events and waits for the reclaim; true where nothing is left to wait for before it. */
async function untilQuiet(
  region: Region,
  events: readonly Json[],
  secondsBetween: number,
  reclaimMs: number,
  observer: Observer,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let underWay = events.length;
  const put = async (event: Json, nth: number): Promise<void> => {
    await delay(nth * secondsBetween * 1000);
    try {
      if ((await region.put(event)) === 0) observer.onUnmatched();
    } catch (error) {
      observer.onProblem(String(error));
    }
    underWay -= 1;
  };
  for (const [nth, event] of events.entries()) void put(event, nth);
  const open = (status: string): boolean => status === 'Pending' || status === 'InProgress';
  const quiet = (): boolean =>
    underWay === 0 && !region.commands.invocations.some(({ status }) => open(status));
  while (!quiet() && Date.now() < reclaimMs) await delay(POLL_MS, undefined, { signal });
  return quiet();
}

/** Waits a moment for what is about to leave, then names what has not. */
async function leftIn(root: string, region: Region, { log, invocations }: Observer): Promise<string[]> {
  const until = Date.now() + SETTLE_MS;
  const commanded = region.commands.invocations.length > 0;
  const left = (): number[] => processesOf(root).filter((pid) => !isWaitingRunner(pid));
  const leaving = (): boolean => log.length < invocations || (commanded && left().length > 0);
  while (leaving() && Date.now() < until) await delay(POLL_MS);
  return left().map(commandLine);
}

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
