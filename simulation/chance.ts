// Seeded chance: the same seed draws the same numbers.
import { randomLcg, randomLogNormal } from 'd3-random';
import type { Latency } from './parameters.ts';

/** Of the standard normal distribution. */
const Z99 = 2.326;

export interface Chance {
  /** From 0 to 1. */
  readonly uniform: () => number;
  /** Milliseconds. */
  readonly latency: (of: Latency) => number;
}

/** `seed`: from 0 to 1, or a whole number. */
export function chanceOf(seed: number): Chance {
  const uniform = randomLcg(seed);
  const logNormal = randomLogNormal.source(uniform);
  return {
    uniform,
    latency: ({ median, p99 }) => logNormal(Math.log(median), Math.log(p99 / median) / Z99)(),
  };
}
