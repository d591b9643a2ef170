// EC2's and SSM's calls in virtual time: their buckets, their latencies, and what they refuse. One answer a call: who
// tries again is the caller.
import type { Instance } from '../lambda/domain/instance.ts';
import { CallFailed, SomeRefused } from '../lambda/ports.ts';
import { Bucket } from './bucket.ts';
import type { Chance } from './chance.ts';
import type { Fleet } from './fleet.ts';
import { DESCRIBE_BY_IDS, DESCRIBE_FILTERED, LATENCIES, type Rate } from './parameters.ts';
import type { VirtualTime } from './time.ts';

export interface ApiOptions {
  /** SendCommands a second. Its bucket is unpublished: it is taken to hold what flows in within a second. */
  readonly sendRate: number;
  /** The share, from 0 to 1, that others take of each bucket. */
  readonly taken: number;
}

export class Apis {
  /** All calls, those that were throttled too. */
  readonly calls = { DescribeInstances: 0, SendCommand: 0 };
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #fleet: Fleet;
  readonly #filtered: Bucket;
  readonly #byIds: Bucket;
  readonly #send: Bucket;

  constructor(time: VirtualTime, chance: Chance, fleet: Fleet, { sendRate, taken }: ApiOptions) {
    const bucket = (rate: Rate): Bucket => new Bucket(rate, taken, time.now);
    this.#time = time;
    this.#chance = chance;
    this.#fleet = fleet;
    this.#filtered = bucket(DESCRIBE_FILTERED);
    this.#byIds = bucket(DESCRIBE_BY_IDS);
    this.#send = bucket({ capacity: sendRate, perSecond: sendRate });
  }

  /** @throws CallFailed where it is throttled */
  async describe(ids: readonly string[], by: 'filter' | 'ids'): Promise<readonly Instance[]> {
    this.calls.DescribeInstances += 1;
    await this.#time.sleep(this.#chance.latency(LATENCIES.describe));
    const bucket = by === 'filter' ? this.#filtered : this.#byIds;
    if (!bucket.take()) throw new CallFailed('DescribeInstances', 'RequestLimitExceeded');
    return ids.map((id) => this.#fleet.instance(id));
  }

  /** @throws CallFailed where it is throttled; SomeRefused */
  async send(ids: readonly string[]): Promise<string> {
    this.calls.SendCommand += 1;
    await this.#time.sleep(this.#chance.latency(LATENCIES.send));
    if (!this.#send.take()) throw new CallFailed('SendCommand', 'ThrottlingException');
    const unknown = ids.filter((id) => !this.#fleet.isRegistered(id));
    if (unknown.length > 0) throw new SomeRefused('SendCommand', 'InvalidInstanceId', unknown, undefined);
    for (const id of ids) this.#fleet.sent(id, this.#time.now());
    return 'command';
  }
}
