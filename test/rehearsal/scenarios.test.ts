// The scenarios of the rehearsal that are not for `rehearse:all` alone, with the built artefacts and a shortened window.
// `npm run rehearse:all` runs every one.
import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OUTCOMES } from '../../contract/outcomes.ts';
import { ALL_WINDOW_SECONDS, unusedByAll } from '../../rehearsal/all.ts';
import { rehearse } from '../../rehearsal/rehearse.ts';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import type { Template } from '../../rehearsal/template/template.ts';
import { synthesised, temporaryFolder, thisHost } from './world.ts';

/** Two processors: more at once would measure the load. */
const AT_ONCE = 3;

const folder = temporaryFolder();
// A folder for temporary files that nobody else writes to: what is left in it is left by a scenario.
const scratch = mkdtempSync(join(folder, 'tmp-'));
process.env.TMPDIR = scratch;
const host = thisHost();
let template: Template;
beforeAll(async () => {
  template = await synthesised(folder);
}, 60_000);

let free = AT_ONCE;
const waiting: (() => void)[] = [];
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else free -= 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

describe.concurrent('the scenario', () => {
  it.each(SCENARIOS.filter(({ onlyInAll }) => !onlyInAll))(
    '$name ends as $expected: $story',
    { timeout: 120_000 },
    async (scenario) => {
      const outcomes = await inTurn(() =>
        rehearse(scenario, {
          template,
          host,
          windowSeconds: scenario.windowSeconds ?? ALL_WINDOW_SECONDS,
        }),
      );
      expect(outcomes.problems).toEqual([]);
      expect([scenario.expected, ...(scenario.orElse ?? [])]).toContain(outcomes.outcome);
      expect(outcomes.asExpected).toBe(true);
    },
  );
});

describe('the scenarios', () => {
  it('have names of their own and outcomes that exist', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
    expect(SCENARIOS.filter(({ expected }) => ![...OUTCOMES, 'none'].includes(expected))).toEqual([]);
  });

  it('leave a statement unused only where each of them does', () => {
    const used = (...statementsUnused: string[]) => ({ statementsUnused });
    expect(unusedByAll([used('a', 'b'), used('b', 'c'), used('b')])).toEqual(['b']);
    expect(unusedByAll([used('a'), used()])).toEqual([]);
    expect(unusedByAll([])).toEqual([]);
  });

  it('leave no folder behind', () => {
    expect(readdirSync(scratch)).toEqual([]);
  });
});
