// Many notices at once on this machine: real processes of the functions, ten at a time, and endpoints with AWS's buckets.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WINDOW_SECONDS } from '../../contract/notices.ts';
import { interruption, moveTo, placeOf, withDetail } from '../event.ts';
import type { Host } from '../host.ts';
import { lines } from '../machine/instance.ts';
import { openMetadata } from '../machine/metadata.ts';
import { killAll } from '../machine/processes.ts';
import { Observer } from '../observer.ts';
import { Clock } from '../region/clock.ts';
import type { Invocation } from '../region/commands.ts';
import type { Ec2Instance } from '../region/endpoints/ec2.ts';
import { ACCOUNT_RATES, Rates } from '../region/rates.ts';
import { openRegion } from '../region/region.ts';
import { GUARDED } from '../scenario.ts';
import { isObject, type JsonObject, type Template } from '../template/template.ts';
import { Timeline } from '../timeline.ts';
import { outcomesIn } from '../verdict.ts';
import { Machines } from './machines.ts';
import { type Burst, callsBy, countBy, judged, quantile } from './result.ts';

export interface BurstOptions {
  readonly template: Template;
  readonly host: Host;
  readonly notices: number;
  readonly signal?: AbortSignal;
  /** How far it is, every few seconds. */
  readonly onProgress?: (line: string) => void;
}

/** Lambda's, as a new account has it; and two processors have no room for more. */
const CONCURRENCY = 10;
const POLL_MS = 100;
const PROGRESS_MS = 5_000;
/** After the deadline: every ticket is settled then. */
const SETTLED_SECONDS = 23 * 60;
const UP_MS = 3_600_000;
const idOf = (nth: number): string => `i-${(nth + 1).toString(16).padStart(17, '0')}`;

export async function burst(options: BurstOptions): Promise<Burst> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'spot-guard-burst-')));
  try {
    return judged(await run(options, folder));
  } finally {
    await killAll(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(options: BurstOptions, folder: string): Promise<Burst> {
  const { template, host, notices, signal } = options;
  const violations = join(folder, 'violations');
  writeFileSync(violations, '');
  const clock = new Clock(join(folder, 'clock'));
  const observer = new Observer(new Timeline(undefined, clock.now));
  const base = interruption('terminate');
  const place = placeOf(base);
  const ids = Array.from({ length: notices }, (_, nth) => idOf(nth));
  const instanceId = idOf(0);
  const instances = ids.map((id) => ({
    id,
    tags: GUARDED,
    state: 'running' as Ec2Instance['state'],
    launchedMs: Date.now() - UP_MS,
  }));
  const region = await openRegion({
    ...observer,
    template,
    place,
    violations,
    instances,
    instanceId,
    isRegistered: () => true,
    faults: [],
    rates: new Rates(ACCOUNT_RATES),
    concurrency: CONCURRENCY,
    lambdaUnreachable: false,
    waitScale: 1,
    clock,
    troubleOf: () => ({ waitScale: 1 }),
  });
  // Nothing is announced there: the command alone brings the notice.
  const metadata = await openMetadata({ instanceId, region: place.region, account: place.account });
  const machines = new Machines({
    folder: join(folder, 'instances'),
    host,
    violations,
    region: place.region,
    endpointUrl: region.endpointUrl,
    metadataUrl: metadata.url,
    commands: region.commands,
    onProblem: observer.onProblem,
  });
  try {
    const startMs = Date.now();
    const deadlineMs = startMs + WINDOW_SECONDS * 1000;
    let isPut = false;
    void Promise.all(ids.map((id) => region.put(eventOf(base, id, startMs)))).then(() => {
      isPut = true;
    });
    const isAnswered = (): boolean => (isPut && !region.isReading()) || Date.now() > deadlineMs;
    for (let toldMs = startMs; !(isAnswered() && machines.isIdle); await delay(POLL_MS)) {
      signal?.throwIfAborted();
      if (Date.now() < toldMs + PROGRESS_MS) continue;
      toldMs = Date.now();
      const sent = region.commands.invocations.length;
      options.onProgress?.(
        `${Math.round((toldMs - startMs) / 1000)} s: ${sent} commands sent, ${machines.ended} plans ended`,
      );
    }
    for (const instance of instances) instance.state = 'terminated';
    await region.passTime(deadlineMs + SETTLED_SECONDS * 1000);
    const sent = sentMs(region.commands.invocations).filter((ms) => ms <= deadlineMs);
    const ran = ids.map((id) => machines.ranOn(id));
    const calls = observer.apiCalls.filter(({ by, service }) => by === 'respond' && service !== 'logs');
    const secondsTo = (share: number): number =>
      sent.length === 0 ? 0 : (quantile(sent, share) - startMs) / 1000;
    return {
      notices,
      lost: notices - sent.length,
      ranTwice: ran.filter((times) => times > 1).length,
      neverRan: ran.filter((times) => times === 0).length,
      deadLettered: region.queues
        .filter(({ name }) => name.includes('OverflowDeadLetters'))
        .reduce((sum, { messages }) => sum + messages.length, 0),
      leftBehind: machines.leftBehind,
      outcomes: countBy(outcomesIn(region.buckets).map(({ outcome }) => outcome)),
      p50S: secondsTo(0.5),
      p99S: secondsTo(0.99),
      lastS: secondsTo(1),
      usage: region.usage(),
      calls: callsBy(calls),
      // Nothing else is refused in a burst.
      throttled: callsBy(calls.filter(({ status }) => status !== 200)),
      problems: [...observer.problems, ...observer.denied(), ...lines(readFileSync(violations, 'utf8'))],
    };
  } finally {
    machines.stop();
    await metadata.close();
    await region.close();
  }
}

function eventOf(base: JsonObject, instanceId: string, nowMs: number): JsonObject {
  const event = moveTo(withDetail(base, { 'instance-id': instanceId }), WINDOW_SECONDS, nowMs);
  return { ...(isObject(event) ? event : {}), id: crypto.randomUUID() };
}

/** Of each instance that got a command, when SSM had its first; in order. */
function sentMs(invocations: readonly Invocation[]): number[] {
  const first = new Map<string, number>();
  for (const { instanceId, command } of invocations) {
    first.set(instanceId, Math.min(first.get(instanceId) ?? Infinity, command.receivedMs));
  }
  return [...first.values()].sort((one, other) => one - other);
}
