// The world of one rehearsal: the Region, and in it one machine with its metadata service and its State Manager.
import { setTimeout as delay } from 'node:timers/promises';
import { METADATA_VARIABLE, PATHS } from '../contract/instance.ts';
import { WINDOW_SECONDS } from '../contract/notices.ts';
import { instanceIdOf } from './event.ts';
import type { Host } from './host.ts';
import { Instance } from './machine/instance.ts';
import { JournalFollower } from './machine/journal.ts';
import { type Metadata, openMetadata } from './machine/metadata.ts';
import { WatcherFollower } from './machine/services.ts';
import { runScript, type ShellPlace } from './machine/shell.ts';
import { type Applied, applyAssociations } from './machine/state-manager.ts';
import type { Observer } from './observer.ts';
import type { Clock } from './region/clock.ts';
import type { Ec2Instance } from './region/endpoints/ec2.ts';
import type { LambdaTrouble } from './region/lambda.ts';
import { openRegion, type Region } from './region/region.ts';
import { GUARDED, type Scenario, type World } from './scenario.ts';
import type { Place } from './template/resolve.ts';
import type { Json, Template } from './template/template.ts';

export interface WorldOptions {
  readonly scenario: Scenario;
  readonly event: Json;
  readonly place: Place;
  readonly windowSeconds: number;
  readonly template: Template;
  readonly host: Host;
  readonly root: string;
  readonly violations: string;
  readonly observer: Observer;
  readonly clock: Clock;
}

/** For so long the instance has run when the notice comes. */
const UP_MS = 3_600_000;
const POLL_MS = 20;
const PATIENCE_SECONDS = 10;
const SCRIPT_SECONDS = 60;

/** Throws where the template could not be deployed. */
export async function openWorld(options: WorldOptions): Promise<LocalWorld> {
  const { scenario, place, observer, violations, template } = options;
  const { tags: tagsInMetadata = false, noRole = false } = scenario.metadata ?? {};
  const { tags = GUARDED, state = 'running' } = scenario;
  const id = instanceIdOf(options.event);
  const launchedMs = Date.now() - UP_MS;
  const ec2 = state === 'unknown' ? undefined : { id, tags, state, launchedMs };
  let world: LocalWorld | undefined;
  const region = await openRegion({
    ...observer,
    template,
    place,
    violations,
    instances: ec2 ? [ec2] : [],
    instanceId: id,
    isRegistered: (one) => one === id && (world?.isRegistered() ?? true),
    ...(scenario.fleet === undefined ? {} : { fleet: scenario.fleet }),
    faults: scenario.faults ?? [],
    lambdaUnreachable: scenario.lambda === 'unreachable',
    clock: options.clock,
    waitScale: options.windowSeconds / WINDOW_SECONDS,
    troubleOf: (part) => troubleOf(scenario, part, options.windowSeconds / WINDOW_SECONDS),
  });
  try {
    const metadata = await openMetadata({
      instanceId: id,
      region: place.region,
      account: place.account,
      ...(tagsInMetadata ? { tags } : {}),
      ...(noRole ? {} : { role: region.instanceRole }),
    });
    world = new LocalWorld(options, region, metadata, ec2);
    return world;
  } catch (error) {
    await region.close();
    throw error;
  }
}

function troubleOf({ lambda, trouble }: Scenario, part: string, waitScale: number): LambdaTrouble {
  if (trouble?.of === part) return { waitScale, fault: trouble.fault, first: trouble.first };
  const isFault = part === 'respond' && lambda !== undefined && lambda !== 'unreachable';
  return isFault ? { waitScale, fault: lambda } : { waitScale };
}

export class LocalWorld implements World {
  readonly instance: Instance;
  readonly region: Region;
  readonly metadata: Metadata;
  readonly shell: ShellPlace;
  readonly applied: Applied[] = [];
  readonly journalFaults: readonly string[];
  readonly #options: WorldOptions;
  readonly #ec2: { -readonly [key in keyof Ec2Instance]: Ec2Instance[key] } | undefined;
  readonly #journal: JournalFollower;
  readonly #watcher: WatcherFollower;
  #noticed: { readonly action: string; readonly deadline: number; readonly atMs: number } | undefined;
  #over = false;
  #closed = false;

  constructor(options: WorldOptions, region: Region, metadata: Metadata, ec2: Ec2Instance | undefined) {
    const { root, host, violations, observer, scenario, place } = options;
    const variables = { [METADATA_VARIABLE]: metadata.url, AWS_ENDPOINT_URL: region.endpointUrl };
    const id = instanceIdOf(options.event);
    this.#options = options;
    this.#ec2 = ec2;
    this.region = region;
    this.metadata = metadata;
    this.instance = new Instance(id, root, host, violations, variables);
    this.shell = {
      instanceId: id,
      region: place.region,
      root,
      path: this.instance.path,
      variables,
      diskFull: scenario.diskFull ?? false,
    };
    this.#journal = new JournalFollower(root, observer.onJournal);
    this.#watcher = new WatcherFollower(this.instance, observer.onWatcher);
    this.journalFaults = this.#journal.faults;
  }

  get journal(): World['journal'] {
    return this.#journal.lines;
  }

  get watcher(): World['watcher'] {
    return this.#watcher.lines;
  }

  readonly deadline = (): number => {
    if (this.#noticed === undefined) throw new Error('no notice has been given');
    return this.#noticed.deadline;
  };

  /** EC2 has decided: from here on there is something to announce. `onSpot`: not for a recommendation, nor a reservation. */
  give(action: string, deadline: number, onSpot: boolean): void {
    this.#noticed = { action, deadline, atMs: Date.now() };
    if (onSpot) this.#ended(action === 'terminate' ? 'instance-terminated-no-capacity' : 'marked-for-stop');
  }

  /** Whether SSM knows the agent by now. */
  isRegistered(): boolean {
    const after = this.#options.scenario.agent?.registersAfter ?? 0;
    return after === 0 || Date.now() >= (this.#noticed?.atMs ?? Infinity) + after * 1000;
  }

  /** EC2 has taken the instance, or has given up on it. */
  reclaim(): void {
    if (!this.#ec2) return;
    if (this.#options.scenario.livesOn) {
      if (this.#ec2.spotRequest) this.#ended('fulfilled');
      return;
    }
    const isTerminated = (this.#noticed?.action ?? 'terminate') === 'terminate';
    this.#ec2.state = isTerminated ? 'terminated' : 'stopped';
    if (!isTerminated && this.#ec2.spotRequest) this.#ended('instance-stopped-no-capacity', WINDOW_SECONDS);
  }

  /** EC2 ends the Spot request: with the notice, or so many seconds after it. */
  #ended(code: string, seconds = 0): void {
    if (!this.#ec2) return;
    const updatedMs = (this.deadline() - WINDOW_SECONDS + seconds) * 1000;
    this.#ec2.spotRequest = { id: 'sir-4rehears', code, updatedMs, state: 'closed' };
  }

  readonly announce = (shift = this.#options.scenario.metadata?.shift ?? 0): void => {
    const time = new Date((this.deadline() + shift) * 1000).toISOString().replace('.000Z', 'Z');
    this.metadata.announce(this.#noticed?.action ?? '', time);
    this.#options.observer.onMetadata(`spot/instance-action is there: ${this.#noticed?.action} at ${time}`);
  };

  readonly recommend = (noticeTime: string): void => {
    this.metadata.recommend(noticeTime);
    this.#options.observer.onMetadata(`events/recommendations/rebalance is there: ${noticeTime}`);
  };

  readonly withdraw = (): void => {
    this.metadata.withdraw();
    if (this.#ec2?.spotRequest) this.#ended('fulfilled');
    this.#options.observer.onMetadata('spot/instance-action is gone: the notice is withdrawn');
  };

  readonly setTags = (tags: Readonly<Record<string, string>>): void => {
    if (this.#ec2) this.#ec2.tags = tags;
    if (this.#options.scenario.metadata?.tags) this.metadata.setTags(tags);
  };

  readonly applyAssociations = async (): Promise<void> => {
    const { associations, documents } = this.region.stack;
    const applied = await applyAssociations(
      {
        associations,
        documents,
        runScript: (script) => runScript(this.shell, script),
        isOver: () => this.#over,
        onStep: this.#options.observer.onAssociationStep,
      },
      this.#ec2?.tags ?? {},
    );
    this.applied.push(...applied);
  };

  /** Until the watcher polls, and has had its tags fetched. */
  async install(): Promise<void> {
    await this.applyAssociations();
    const { instance } = this;
    if (!this.applied.some(({ status }) => status === 'Success')) {
      throw new Error(`expected State Manager to install the guard, got ${JSON.stringify(this.applied)}`);
    }
    await this.until(() => instance.read(PATHS.watch) !== '', 'the watcher to poll');
    if (this.#options.scenario.metadata?.noRole) return;
    await this.until(() => instance.read(PATHS.tags) !== '', 'the tags to be fetched');
  }

  readonly run = async (text: string): Promise<string> => {
    const script = { commandId: crypto.randomUUID(), step: 'root', timeoutSeconds: SCRIPT_SECONDS };
    const ended = await runScript(this.shell, { ...script, text: `#!/bin/sh\n${text}\n` });
    if (ended.exit !== 0) throw new Error(`${text}: exit ${ended.exit}: ${ended.stderr}${ended.stdout}`);
    return ended.stdout;
  };

  readonly until = async (holds: () => boolean, what: string, seconds = PATIENCE_SECONDS): Promise<void> => {
    const until = Date.now() + seconds * 1000;
    while (!holds()) {
      if (this.#over) throw new Error(`expected ${what}, but the reclaim came first`);
      if (Date.now() > until) throw new Error(`expected ${what} within ${seconds} s`);
      await delay(POLL_MS);
    }
  };

  /** The machine has no processes any more; `false` where it has come back. */
  end(over: boolean): void {
    this.#over = over;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#over = true;
    this.#journal.stop();
    this.#watcher.stop();
    await this.metadata.close();
    await this.region.close();
  }
}
