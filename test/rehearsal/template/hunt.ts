// Rehearses with one mutated template until a scenario notices.
import type { Host } from '../../../rehearsal/host.ts';
import { rehearse } from '../../../rehearsal/rehearse.ts';
import { SCENARIOS } from '../../../rehearsal/scenarios/index.ts';
import type { Entry } from '../../../rehearsal/timeline.ts';
import type { Mutation } from './mutations.ts';

export interface Caught {
  readonly scenario: string;
  /** What it had to say first. */
  readonly problem: string;
}

/** Seconds. Less than a scenario has elsewhere: a broken template often shows only at the reclaim. */
const WINDOW_SECONDS = 14;

/** As the observer words a call that the policies do not allow. */
const DENIED = ': denied by the role';

/** Undefined where no scenario of the mutation's noticed anything. */
export async function hunt({ template, scenarios }: Mutation, host: Host): Promise<Caught | undefined> {
  for (const name of scenarios) {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`no scenario ${name}`);
    const windowSeconds = scenario.windowSeconds ?? WINDOW_SECONDS;
    const noticed = new AbortController();
    // That is a problem of every scenario: no need to see what else comes of it.
    const onEntry = ({ what }: Entry): void => {
      if (what.includes(DENIED)) noticed.abort(what);
    };
    try {
      const { signal } = noticed;
      const { problems } = await rehearse(scenario, { template, host, windowSeconds, signal, onEntry });
      const [problem] = problems;
      if (problem !== undefined) return { scenario: name, problem };
    } catch (error) {
      if (noticed.signal.aborted) return { scenario: name, problem: String(noticed.signal.reason) };
      return {
        scenario: name,
        problem: `cannot be deployed: ${error instanceof Error ? error.message : error}`,
      };
    }
  }
  return undefined;
}
