// `npm run properties -- --cases N [--seed N]`: the property tests of both languages, with as many cases as asked for.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = 'usage: npm run properties -- [--cases N] [--seed N], both whole numbers from 1 to 2147483647';
const CASES = '100000';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function readOptions(args: readonly string[]): { cases: string; seed?: string } | undefined {
  try {
    const { cases = CASES, seed } = parseArgs({
      args: [...args],
      options: { cases: { type: 'string' }, seed: { type: 'string' } },
    }).values;
    const wrong = [cases, seed ?? '1'].some(
      (value) => !/^[1-9]\d{0,9}$/.test(value) || Number(value) >= 2 ** 31,
    );
    return wrong ? undefined : { cases, ...(seed === undefined ? {} : { seed }) };
  } catch {
    return undefined; // The usage says all that the fault could.
  }
}

const options = readOptions(process.argv.slice(2));
if (options === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}
const { cases, seed } = options;
const env = { ...process.env, PROPERTY_CASES: cases, ...(seed === undefined ? {} : { PROPERTY_SEED: seed }) };
const commands: [string, string[]][] = [
  ['npx', ['vitest', 'run', 'test/property']],
  [
    'python3',
    ['-W', 'error', '-B', '-m', 'unittest', 'discover', '-s', 'test/instance', '-p', 'test_properties.py'],
  ],
];
const statuses = commands.map(
  ([command, args]) => spawnSync(command, args, { cwd: ROOT, env, stdio: 'inherit' }).status,
);
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
