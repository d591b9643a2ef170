// One mass reclaim, as each design answers it: the same fleet, the same chance.
import { onePerNotice } from './designs/one-per-notice.ts';
import { fastLaneOnly, ours } from './designs/ours.ts';
import { queueOfTen } from './designs/queue-of-ten.ts';
import { type Result, resultOf } from './result.ts';
import { type Design, World, type WorldOptions } from './world.ts';

export const DESIGNS = { ours, fastLaneOnly, onePerNotice, queueOfTen } as const satisfies Record<
  string,
  Design
>;
export type DesignName = keyof typeof DESIGNS;
export const DESIGN_NAMES = Object.keys(DESIGNS) as DesignName[];

export async function simulate(name: DesignName, options: WorldOptions): Promise<World> {
  const world = new World(options);
  await world.run(DESIGNS[name], options.spreadMs);
  return world;
}

export async function compare(options: WorldOptions): Promise<Record<DesignName, Result>> {
  const results: Partial<Record<DesignName, Result>> = {};
  for (const name of DESIGN_NAMES) results[name] = resultOf(await simulate(name, options));
  return results as Record<DesignName, Result>;
}
