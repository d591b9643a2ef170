// One run: the fleet, the APIs, Lambda and the way of each event, all in one virtual time.
import { EVENT_SOURCE, INTERRUPTION_DETAIL_TYPE } from '../contract/events.ts';
import { type ApiOptions, Apis } from './apis.ts';
import { type Chance, chanceOf } from './chance.ts';
import { Fleet, type FleetOptions, type Member } from './fleet.ts';
import { Concurrency, LambdaFunction } from './lambda.ts';
import { LATENCIES } from './parameters.ts';
import { VirtualTime } from './time.ts';

export interface WorldOptions extends FleetOptions, ApiOptions {
  /** Calls at once of all functions of the account. */
  readonly concurrency: number;
  readonly seed: number;
}

/** What a design does with an event, from EventBridge's call on. Resolves when it is done with it. */
export type Design = (world: World) => (event: object, member: Member) => Promise<void>;

export const HOME = { account: '123456789012', region: 'us-east-2' };
/** Epoch milliseconds. */
const START_MS = Date.UTC(2026, 1, 4, 15, 30);
/** Milliseconds after the last deadline: what is still on its way then is lost. */
const AFTER_MS = 60_000;

export class World {
  readonly time = new VirtualTime(START_MS);
  readonly startMs = START_MS;
  readonly chance: Chance;
  readonly fleet: Fleet;
  readonly apis: Apis;
  readonly concurrency: Concurrency;

  constructor(options: WorldOptions) {
    this.chance = chanceOf(options.seed);
    this.fleet = new Fleet(options, this.chance, START_MS);
    this.apis = new Apis(this.time, this.chance, this.fleet, options);
    this.concurrency = new Concurrency(options.concurrency);
  }

  newFunction(): LambdaFunction {
    return new LambdaFunction(this.time, this.chance, this.concurrency);
  }

  sleep(latency: keyof typeof LATENCIES): Promise<void> {
    return this.time.sleep(this.chance.latency(LATENCIES[latency]));
  }

  async run(design: Design, spreadMs: number): Promise<void> {
    const answer = design(this);
    for (const member of this.fleet.members) {
      void this.time
        .sleep(member.emittedMs - START_MS)
        .then(() => this.sleep('delivery'))
        .then(() => answer(eventOf(member), member));
    }
    await this.time.runUntil(START_MS + spreadMs + 120_000 + AFTER_MS);
  }
}

function eventOf({ id, noticeMs }: Member): object {
  return {
    version: '0',
    id: `simulated-${id}`,
    'detail-type': INTERRUPTION_DETAIL_TYPE,
    source: EVENT_SOURCE,
    account: HOME.account,
    time: new Date(noticeMs).toISOString().replace('.000Z', 'Z'),
    region: HOME.region,
    resources: [],
    detail: { 'instance-id': id, 'instance-action': 'terminate' },
  };
}
