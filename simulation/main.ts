// `npm run simulate`: a mass reclaim in virtual time. Exit code 0, 2 for a wrong call.
import { compare } from './compare.ts';
import { readOptions, USAGE, UsageError } from './options.ts';
import { quotas } from './quotas.ts';
import { tableOf, tableOfQuotas } from './table.ts';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const say = (text: string): void => void process.stdout.write(text);
  if (options.help) return say(USAGE);
  const { world, json } = options;
  if (options.plots !== undefined) {
    const { draw } = await import('./plots.ts');
    for (const file of await draw(options.plots, world)) say(`${file}\n`);
    return;
  }
  if (options.quotas) {
    const found = await quotas(world);
    return say(json ? `${JSON.stringify({ options: world, quotas: found })}\n` : tableOfQuotas(found));
  }
  const designs = await compare(world);
  say(json ? `${JSON.stringify({ options: world, designs })}\n` : tableOf(world, designs));
}

try {
  await main();
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  const words = error instanceof UsageError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`spot-guard simulate: ${words}\n`);
}
