// `npm run crashes`: each event on the way is lost or doubled, and each function dies once at each statement that it
// passes then.
// Whatever happens, the notice has one outcome, the right one, and counts once at most.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTemplate, synthesise } from '../../rehearsal/template/template.ts';
import { bundleThatCrashes } from './instrument.ts';
import { type Ended, PARTS, type Part, type Trial, tryOut } from './place.ts';

/** They mostly wait for processes to start. */
const AT_ONCE = 3;
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), 'spot-guard-crashes-'));
const bundles = join(folder, 'bundles');

interface Named extends Trial {
  readonly name: string;
}

/** A command that was sent has ended well here; where none was, nothing reached the instance. */
function faultsOf({ outcomes, commands, problems }: Ended): string[] {
  const wanted = commands > 0 ? 'graceful' : 'unprotected';
  const wrong = outcomes.filter(({ outcome }) => outcome !== wanted);
  return [...problems, ...wrong.map(({ outcome }) => `expected the outcome ${wanted}, got ${outcome}`)];
}

/** Every place that a function passes in one of the usual ways, on the first way that passes it. */
function crashesOf(runs: readonly { readonly trial: Trial; readonly ended: Ended }[]): Named[] {
  return PARTS.flatMap((part: Part) => {
    const ways = new Map<string, Trial>();
    for (const { trial, ended } of runs) {
      for (const place of ended.passed[part]) if (!ways.has(place)) ways.set(place, trial);
    }
    return [...ways].map(([place, trial]) => ({
      ...trial,
      name: `${part} dies at ${place}`,
      crash: { part, place },
    }));
  });
}

/** A death that does not come proves nothing. */
function deathOf({ crash }: Trial, { passed }: Ended): string[] {
  return crash === undefined || passed[crash.part].includes(crash.place) ? [] : ['it never came there'];
}

try {
  const checkout = join(import.meta.dirname, '..', '..');
  const template = readTemplate(await synthesise(checkout, join(folder, 'cdk'), ''));
  for (const part of PARTS) await bundleThatCrashes(part, join(bundles, part));
  const attempt = (trial: Trial, own: string) => tryOut(trial, template, bundles, join(folder, own));
  const usual: Named[] = [
    { name: 'all goes well' },
    { name: 'the event is lost', events: 0 },
    { name: 'the event comes twice', events: 2 },
    { name: 'SSM throttles the first call', throttled: 1 },
    { name: 'SSM throttles every call', throttled: Number.POSITIVE_INFINITY },
    { name: 'the tags ask for fleet actions', fleet: true },
    { name: 'the ticket is lost', ticket: 'lost' },
    { name: 'the ticket comes twice', ticket: 'doubled' },
    { name: 'a stop takes minutes', stopSeconds: 320 },
    { name: 'a stop takes minutes, and its ticket is lost', stopSeconds: 320, ticket: 'lost' },
    {
      name: 'a machine takes a quarter of an hour to stop, and its ticket is lost',
      stopSeconds: 900,
      ticket: 'lost',
    },
  ];
  let failed = 0;
  const tell = ({ name }: Named, faults: readonly string[]): void => {
    if (faults.length === 0) return;
    failed += 1;
    say(`FAILED  ${name}`);
    for (const fault of faults) say(`        ${fault.slice(0, 300)}`);
  };
  const runs: { trial: Trial; ended: Ended }[] = [];
  for (const trial of usual) {
    const ended = await attempt(trial, 'usual');
    const { name: _, ...way } = trial;
    runs.push({ trial: way, ended });
    tell(trial, faultsOf(ended));
  }
  const crashes = crashesOf(runs);
  const waiting = [...crashes];
  const worker = async (_: unknown, nth: number): Promise<void> => {
    for (let trial = waiting.shift(); trial; trial = waiting.shift()) {
      const ended = await attempt(trial, `worker-${nth}`).catch((error: unknown) => error);
      if (ended instanceof Error) tell(trial, [String(ended)]);
      else tell(trial, [...deathOf(trial, ended as Ended), ...faultsOf(ended as Ended)]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const counts = PARTS.map(
    (part) => `${crashes.filter(({ crash }) => crash?.part === part).length} in ${part}`,
  );
  say(
    `${usual.length} ways of an event, and a death at each of ${crashes.length} places: ${counts.join(', ')}`,
  );
  say(`${usual.length + crashes.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && crashes.length > 100 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
