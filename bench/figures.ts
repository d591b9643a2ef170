// From the rounds to the figures.

export interface Rounds {
  readonly coldMs: readonly number[];
  readonly coldCpuMs: readonly number[];
  readonly warmMs: readonly number[];
  readonly floorMs: readonly number[];
  readonly synthMs: readonly number[];
}

export interface Figures {
  /** Medians. */
  readonly coldMs: number;
  /** Of a processor, up to then: Lambda gives 512 MB 0.29 of one, 1,769 MB a whole one. */
  readonly coldCpuMs: number;
  readonly warmMs: number;
  readonly floorMs: number;
  readonly coldToFloorRatio: number;
  /** The median of the ratios of each round: what slowed one round down slowed both of its processes. */
  readonly coldToFloorRatioOfRounds: number;
  readonly bundleBytes: number;
  readonly synthMs: number;
  readonly node: string;
  readonly rounds: number;
  /** Least and most. */
  readonly ranges: Readonly<Record<keyof Rounds, readonly [number, number]>>;
}

export function figuresOf(rounds: Rounds, bundleBytes: number, node: string): Figures {
  const { coldMs, coldCpuMs, warmMs, floorMs, synthMs } = rounds;
  const ratios = coldMs.map((cold, round) => cold / (floorMs[round] ?? Number.NaN));
  return {
    coldMs: tenths(median(coldMs)),
    coldCpuMs: tenths(median(coldCpuMs)),
    warmMs: tenths(median(warmMs)),
    floorMs: tenths(median(floorMs)),
    coldToFloorRatio: hundredths(median(coldMs) / median(floorMs)),
    coldToFloorRatioOfRounds: hundredths(median(ratios)),
    bundleBytes,
    synthMs: Math.round(median(synthMs)),
    node,
    rounds: coldMs.length,
    ranges: {
      coldMs: rangeOf(coldMs),
      coldCpuMs: rangeOf(coldCpuMs),
      warmMs: rangeOf(warmMs),
      floorMs: rangeOf(floorMs),
      synthMs: rangeOf(synthMs),
    },
  };
}

/** Of at least one value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** The least value that so many percent of all do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? Number.NaN;
}

function rangeOf(values: readonly number[]): [number, number] {
  return [tenths(Math.min(...values)), tenths(Math.max(...values))];
}

export const tenths = (value: number): number => Math.round(value * 10) / 10;
export const hundredths = (value: number): number => Math.round(value * 100) / 100;
