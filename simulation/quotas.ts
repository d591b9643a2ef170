// Which rate of SendCommand a fleet needs, where all of it goes at once: what to ask AWS for, and until when not to.
import { simulate } from './compare.ts';
import { resultOf } from './result.ts';
import type { WorldOptions } from './world.ts';

export const FLEETS = [100, 500, 1_000, 2_000, 5_000, 10_000, 15_000];
export const SEND_RATES = [1, 2, 5, 10, 20, 40];

export interface Quota {
  readonly notices: number;
  /** SendCommands a second, the least of `SEND_RATES`, by which all have their command in time; null: none of them. */
  readonly inTime: number | null;
  /** The same within 60 s. */
  readonly within60s: number | null;
}

/** What else `options` says holds for all of them. */
export async function quotas(options: WorldOptions): Promise<Quota[]> {
  const found: Quota[] = [];
  for (const notices of FLEETS) {
    let [inTime, within60s]: (number | null)[] = [null, null];
    for (const sendRate of SEND_RATES) {
      const result = resultOf(await simulate('ours', { ...options, notices, sendRate }));
      if (result.reachedInTime === 1) inTime ??= sendRate;
      if (result.reachedWithin60s === 1) within60s ??= sendRate;
      if (within60s !== null && inTime !== null) break;
    }
    found.push({ notices, inTime: inTime ?? null, within60s: within60s ?? null });
  }
  return found;
}
