// Draws the share of instances that have their command against time, as SVG, by vega-lite: it needs no browser for it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { DESIGN_NAMES, type DesignName, simulate } from './compare.ts';
import { secondsTo } from './result.ts';
import type { World, WorldOptions } from './world.ts';

interface Curve {
  readonly name: string;
  readonly design: DesignName;
  readonly options: Partial<WorldOptions>;
}

interface Plot {
  readonly file: string;
  readonly title: string;
  readonly curves: readonly Curve[];
}

const LAST_SECOND = 120;
const ours = (name: string, options: Partial<WorldOptions>): Curve => ({ name, design: 'ours', options });
const each = (options: Partial<WorldOptions>): Curve[] =>
  DESIGN_NAMES.map((design) => ({ name: design, design, options }));
const FIVE_THOUSAND = { notices: 5_000, sendRate: 5, taken: 0.5 };

/** What they do not say, the options of the call do. */
export const PLOTS: readonly Plot[] = [
  {
    file: 'designs.svg',
    title: '5,000 notices in a second, SendCommand at 5/s, half of it taken by others',
    curves: each(FIVE_THOUSAND),
  },
  {
    file: 'crowded.svg',
    title: 'The same, 2 % unknown to SSM and 20,000 foreign notices beside them',
    curves: each({ ...FIVE_THOUSAND, badIds: 0.02, foreign: 20_000 }),
  },
  {
    file: 'new-account.svg',
    title: '5,000 notices, Lambda concurrency 10',
    curves: each({ ...FIVE_THOUSAND, concurrency: 10 }),
  },
  {
    file: 'send-rates.svg',
    title: '15,000 notices, ours, by the rate of SendCommand',
    curves: [2, 5, 10, 20, 40].map((sendRate) =>
      ours(`${String(sendRate).padStart(2)} a second`, { notices: 15_000, taken: 0.5, sendRate }),
    ),
  },
  {
    file: 'others.svg',
    title: '5,000 notices, ours, by what others take of each API',
    curves: [0, 25, 50].map((percent) =>
      ours(`${String(percent).padStart(2)} %`, { ...FIVE_THOUSAND, taken: percent / 100 }),
    ),
  },
];

/** Returns the paths of what it wrote. */
export async function draw(folder: string, options: WorldOptions): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const { file, title, curves } of PLOTS) {
    const values: object[] = [];
    for (const { name, design, options: own } of curves) {
      values.push(...pointsOf(name, await simulate(design, { ...options, ...own })));
    }
    const path = join(folder, file);
    writeFileSync(path, await svgOf(title, values));
    files.push(path);
  }
  return files;
}

function pointsOf(name: string, { fleet }: World): object[] {
  const reachable = fleet.members.filter(({ guarded, registered }) => guarded && registered);
  const seconds = reachable.map(secondsTo);
  return Array.from({ length: LAST_SECOND + 1 }, (_, second) => ({
    name,
    second,
    share: seconds.filter((own) => own <= second).length / reachable.length,
  }));
}

function svgOf(title: string, values: object[]): Promise<string> {
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title,
    width: 640,
    height: 300,
    background: 'white',
    data: { values },
    mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2 },
    encoding: {
      x: { field: 'second', type: 'quantitative', title: 'seconds since the notice' },
      y: {
        field: 'share',
        type: 'quantitative',
        title: 'share of instances with a command',
        axis: { format: '%' },
        scale: { domain: [0, 1] },
      },
      color: { field: 'name', type: 'nominal', title: null, sort: null },
    },
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}
