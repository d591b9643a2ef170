// Every scenario of the rehearsal, with the built artefacts and a shortened window.
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { OUTCOMES } from '../../contract/outcomes.ts';
import { rehearse } from '../../rehearsal/rehearse.ts';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import type { Template } from '../../rehearsal/template/template.ts';
import { synthesised, temporaryFolder, thisHost } from './world.ts';

/** Seconds. Most end early, and have time even on a busy machine; those that must wait for a moment wait less. */
const WINDOW = 20;
const SHORT: Readonly<Record<string, number>> = { 'hook-ignores-sigterm': 10, 'stale-command': 6 };
/** Two processors: more at once would measure the load. */
const AT_ONCE = 3;

const folder = temporaryFolder();
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
  it.each(SCENARIOS)('$name ends as $expected: $story', { timeout: 120_000 }, async (scenario) => {
    const outcomes = await inTurn(() =>
      rehearse(scenario, {
        template,
        host,
        windowSeconds: SHORT[scenario.name] ?? scenario.windowSeconds ?? WINDOW,
      }),
    );
    expect(outcomes.problems).toEqual([]);
    expect(outcomes.outcome).toBe(scenario.expected);
    expect(outcomes.asExpected).toBe(true);
  });
});

describe('the scenarios', () => {
  it('have names of their own and outcomes that exist', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
    expect(SCENARIOS.filter(({ expected }) => !OUTCOMES.includes(expected))).toEqual([]);
  });

  it('leave no folder behind', () => {
    const own = readdirSync(tmpdir()).filter((name) => /^spot-guard-[A-Za-z0-9]{6}$/.test(name));
    expect(own.filter((name) => existsSync(`${tmpdir()}/${name}/instance/rehearsal/calls.jsonl`))).toEqual(
      [],
    );
  });
});
