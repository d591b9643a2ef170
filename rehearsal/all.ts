// `npm run rehearse:all`: every scenario, a few at a time; then what holds over all of them.
import pc from 'picocolors';
import type { Host } from './host.ts';
import { rehearse } from './rehearse.ts';
import type { Outcomes } from './result.ts';
import type { Scenario } from './scenario.ts';
import type { Template } from './template/template.ts';

export interface AllOptions {
  readonly scenarios: readonly Scenario[];
  readonly template: Template;
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly colours: boolean;
}

/** Two processors: more at once would measure the load. */
const AT_ONCE = 3;
/** Longer than that of one rehearsal, because three share the machine. Most end long before it does. */
export const ALL_WINDOW_SECONDS = 20;

/** True where every scenario went as it expects, and no policy statement was left unused by all of them. */
export async function rehearseAll({ scenarios, colours, say, ...world }: AllOptions): Promise<boolean> {
  const { green, red, dim } = pc.createColors(colours);
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const waiting = [...scenarios];
  const done: Outcomes[] = [];
  let [passed, failed] = [0, 0];
  const row = (name: string, outcome: string, seconds: number, problems: readonly string[]): void => {
    if (problems.length === 0) passed += 1;
    else failed += 1;
    const mark = problems.length === 0 ? green('ok  ') : red('FAIL');
    say(`${mark}  ${name.padEnd(width)}  ${outcome.padEnd(11)}  ${dim(`${seconds.toFixed(1)} s`)}`);
    for (const problem of problems) say(red(`      ${problem}`));
  };

  const worker = async (): Promise<void> => {
    for (let scenario = waiting.shift(); scenario; scenario = waiting.shift()) {
      const started = performance.now();
      const seconds = (): number => (performance.now() - started) / 1000;
      try {
        const windowSeconds = scenario.windowSeconds ?? ALL_WINDOW_SECONDS;
        const outcomes = await rehearse(scenario, { ...world, windowSeconds });
        done.push(outcomes);
        row(scenario.name, outcomes.outcome, seconds(), outcomes.problems);
      } catch (error) {
        world.signal.throwIfAborted();
        row(scenario.name, 'threw', seconds(), [String(error)]);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  const unused = unusedByAll(done);
  say(`\npolicy statements that no scenario used: ${unused.length}`);
  for (const statement of unused) say(red(`  ${statement}`));
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && unused.length === 0;
}

export function unusedByAll(done: readonly Pick<Outcomes, 'statementsUnused'>[]): string[] {
  const [first, ...others] = done.map(({ statementsUnused }) => new Set(statementsUnused));
  return [...(first ?? [])].filter((statement) => others.every((unused) => unused.has(statement)));
}
