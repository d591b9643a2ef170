// `npm run bench`: times what must be fast. Exit code 0, 1 if it could not measure, 2 for a wrong call.
import { measureAgainst, tableOfAgainst } from './against.ts';
import { measureBurst, tableOfBurst } from './burst.ts';
import { measureGuard, tableOfGuard } from './guard.ts';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { measureRespond, tableOfRespond } from './respond.ts';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(USAGE);
  else process.stdout.write(await measure(options));
}

/** What is to be printed at the end. */
async function measure({ json, subject, rounds, idleSeconds, against }: Options): Promise<string> {
  const progress = (text: string) => {
    if (!json) process.stdout.write(`${text}\n`);
  };
  if (against !== undefined) {
    const figures = await measureAgainst(against, rounds, progress);
    return json ? `${JSON.stringify(figures)}\n` : tableOfAgainst(figures);
  }
  if (subject === 'burst') {
    const figures = await measureBurst(rounds, progress);
    return json ? `${JSON.stringify(figures)}\n` : tableOfBurst(figures);
  }
  if (subject === 'respond') {
    const figures = await measureRespond(rounds, progress);
    return json ? `${JSON.stringify(figures)}\n` : tableOfRespond(figures);
  }
  const figures = await measureGuard(rounds, idleSeconds, progress);
  return json ? `${JSON.stringify(figures)}\n` : tableOfGuard(figures);
}

try {
  await main();
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  const words = error instanceof UsageError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`spot-guard bench: ${words}\n`);
}
