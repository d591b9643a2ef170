// `npm run mutations`: breaks the template in every way there is, and names the scenario that notices each.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHost } from '../../../rehearsal/host.ts';
import { readTemplate, synthesise } from '../../../rehearsal/template/template.ts';
import { hunt } from './hunt.ts';
import { mutationsOf } from './mutations.ts';

/** Two processors: more at once would measure the load. */
const AT_ONCE = 3;
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const host = checkHost(process.platform, process.env, tmpdir());
if (typeof host === 'string') throw new Error(host);
const folder = mkdtempSync(join(tmpdir(), 'spot-guard-synth-'));
try {
  const checkout = join(import.meta.dirname, '..', '..', '..');
  const [only = ''] = process.argv.slice(2);
  const all = mutationsOf(readTemplate(await synthesise(checkout, folder, '')));
  const waiting = all.filter(({ name }) => name.includes(only));
  const counts = { caught: 0, listed: 0, failed: 0 };
  const worker = async (): Promise<void> => {
    for (let mutation = waiting.shift(); mutation; mutation = waiting.shift()) {
      const { name, survives } = mutation;
      const started = performance.now();
      const caught = await hunt(mutation, host);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      if (caught !== undefined && survives === undefined) {
        counts.caught += 1;
        say(`caught  ${name} (${seconds} s)\n        by ${caught.scenario}: ${caught.problem.slice(0, 160)}`);
      } else if (caught === undefined && survives !== undefined) {
        counts.listed += 1;
        say(`listed  ${name}\n        ${survives}`);
      } else {
        counts.failed += 1;
        say(
          `FAILED  ${name}\n        ${caught ? `listed, but caught by ${caught.scenario}` : 'nobody noticed'}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  say(`${counts.caught} caught, ${counts.listed} listed with their reason, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 && counts.caught > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
