// `npm start`: rehearses one interruption on this machine. Exit code 0 for `graceful` as expected, 1 for anything
// else, 2 for a wrong call.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { WINDOW_SECONDS } from '../contract/notices.ts';
import { rehearseAll } from './all.ts';
import { burst } from './burst/burst.ts';
import { tableOfBurst } from './burst/result.ts';
import { checkHost, type Host } from './host.ts';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { loopbackNodeOptions } from './region/function-host.ts';
import { DEFAULT_WINDOW_SECONDS, rehearse } from './rehearse.ts';
import type { Outcomes } from './result.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { readTemplate, synthesise, type Template } from './template/template.ts';
import { showEntry } from './timeline.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
/** Characters of a problem that are shown. */
const PROBLEM_CHARS = 300;
/** Milliseconds for what is written last to be read. */
const LEAVE_MS = 2_000;
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const colours = pc.isColorSupported && process.stdout.isTTY === true;

const interrupted = new AbortController();

/** Its message is one line for the user. */
class OutputFault extends Error {}
let outputFault: string | undefined;

/** A reader that has gone has seen enough. Output that cannot be written is a fault. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') outputFault = `the output cannot be written (${error.code ?? error.message})`;
  interrupted.abort('SIGPIPE');
}

async function main(): Promise<number> {
  process.stdout.on('error', onOutputError);
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.list) {
    listScenarios(options.json);
    return 0;
  }
  const host = checkHost(process.platform, process.env, tmpdir());
  if (typeof host === 'string') throw new UsageError(host);

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupted.abort(signal));
  }
  // A fault in a callback: the sandbox is cleaned up all the same.
  process.on('uncaughtException', (error) => interrupted.abort(error));
  const folder = mkdtempSync(join(tmpdir(), 'spot-guard-synth-'));
  try {
    const template = readTemplate(await synthesise(CHECKOUT, folder, loopbackNodeOptions));
    if (interrupted.signal.aborted) return 130;
    if (options.all) {
      const { signal } = interrupted;
      return (await rehearseAll({ scenarios: SCENARIOS, template, host, signal, say, colours })) ? 0 : 1;
    }
    const { notices } = options;
    if (notices !== undefined)
      return await runBurst({ ...options, notices }, template, host, interrupted.signal);
    return await runOne(options, template, host, interrupted.signal);
  } catch (error) {
    const { aborted, reason } = interrupted.signal;
    if (!aborted || reason instanceof Error) throw reason ?? error;
    if (outputFault === undefined) process.stderr.write('interrupted; everything is cleaned up\n');
    return 130;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runOne(
  options: Options,
  template: Template,
  host: Host,
  signal: AbortSignal,
): Promise<number> {
  const { scenario, windowSeconds, event, eventFile, json } = options;
  if (!json) {
    const seconds = windowSeconds ?? scenario.windowSeconds ?? DEFAULT_WINDOW_SECONDS;
    say(`Rehearsal: ${scenario.name} (${scenario.story})`);
    if (eventFile !== undefined) {
      say(
        `The event is ${eventFile}; only its time is moved, and the stack stands in its account and Region.`,
      );
    }
    if (seconds < WINDOW_SECONDS) {
      say(
        `The window is shortened: the notice is put ${WINDOW_SECONDS - seconds} s into the past, ${seconds} of ${WINDOW_SECONDS} s are left.`,
      );
    }
    say('');
  }
  const outcomes = await rehearse(scenario, {
    template,
    host,
    signal,
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
    ...(event === undefined ? {} : { event }),
    onEntry: (entry) => {
      if (!json) say(showEntry(entry, colours));
    },
  });
  if (json) say(JSON.stringify(outcomes));
  else showVerdict(outcomes, eventFile !== undefined);
  return outcomes.outcome === 'graceful' && outcomes.asExpected ? 0 : 1;
}

async function runBurst(
  { notices, json }: Options & { readonly notices: number },
  template: Template,
  host: Host,
  signal: AbortSignal,
): Promise<number> {
  if (!json) say(`Rehearsal: ${notices} notices at once, against the rates of an account\n`);
  const onProgress = (line: string): void => {
    if (!json) say(line);
  };
  const result = await burst({ template, host, notices, signal, onProgress });
  say(json ? JSON.stringify(result) : tableOfBurst(result));
  return result.problems.length === 0 ? 0 : 1;
}

function listScenarios(json: boolean): void {
  const listed = SCENARIOS.map(({ name, story, expected }) => ({ name, story, expected }));
  if (json) {
    say(JSON.stringify(listed));
    return;
  }
  const width = Math.max(...listed.map(({ name }) => name.length));
  for (const { name, story, expected } of listed)
    say(`${name.padEnd(width)}  ${expected.padEnd(11)}  ${story}`);
}

/** A recorded event is nobody's scenario: its verdict stands alone. */
function showVerdict(outcomes: Outcomes, recorded: boolean): void {
  const { outcome, expected, because, secondsToSpare, problems, asExpected, stages, stagesBy } = outcomes;
  const { bold, green, red, yellow } = pc.createColors(colours);
  const tint = outcome === 'graceful' ? green : asExpected ? yellow : red;
  const spare = secondsToSpare === null ? '' : `, ${secondsToSpare.toFixed(1)} s to spare`;
  say(`\n${bold(tint(outcome))}${spare}: ${because}`);
  if (stagesBy === 'journal') {
    const ended = stages.map(({ name, exit }) => `${name}, exit ${exit}`).join('; ');
    say(`by the guard's journal alone, of which no proof reaches AWS: ${ended}`);
  }
  if (asExpected && !recorded) say(`as this scenario expects: ${expected}`);
  for (const problem of problems) say(red(`problem: ${shorten(problem)}`));
}

/** `--json` has the whole of it. */
function shorten(problem: string): string {
  return problem.length > PROBLEM_CHARS ? `${problem.slice(0, PROBLEM_CHARS)}...` : problem;
}

// Whatever still holds the process when all is cleaned up must not hold the user.
const leaveLater = (): void => void setTimeout(() => process.exit(), LEAVE_MS).unref();

try {
  process.exitCode = await main();
  // Whether what was said last could be written, Node says a moment later.
  await new Promise((resolve) => setImmediate(resolve));
  if (outputFault !== undefined) throw new OutputFault(outputFault);
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  const isPlain = error instanceof UsageError || error instanceof OutputFault;
  const words = isPlain ? error.message : error instanceof Error ? error.stack : error;
  for (const line of String(words).split('\n')) process.stderr.write(`spot-guard rehearsal: ${line}\n`);
}
leaveLater();
