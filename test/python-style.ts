// Lints the instance's Python and checks its format, with ruff: `python-style.ts [--write]`. Exit code 1 on a fault.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { Workspace, PositionEncoding } = createRequire(import.meta.url)(
  '@astral-sh/ruff-wasm-nodejs',
) as typeof import('@astral-sh/ruff-wasm-nodejs');

const ruff = new Workspace(
  {
    'line-length': 110,
    'target-version': 'py39',
    lint: {
      select: [
        'A',
        'ARG',
        'B',
        'BLE',
        'C4',
        'C90',
        'DTZ',
        'E',
        'F',
        'I',
        'N',
        'PIE',
        'RET',
        'S',
        'SIM',
        'UP',
        'W',
      ],
      // S603: programs are run by argv, never by a shell. UP006, UP035: the typing names cost nothing and read alike.
      // S110, SIM105: a fault that is passed over says why in its place.
      // S311: the dice of the tests are seeded on purpose.
      // N818: `Refused`, `Thawed` are the words. S101: asserts speak to the type checker and to tests.
      ignore: ['N818', 'S101', 'S603', 'S110', 'S311', 'SIM105', 'UP006', 'UP035'],
      mccabe: { 'max-complexity': 12 },
    },
  },
  PositionEncoding.Utf16,
);

const write = process.argv.includes('--write');
const root = join(import.meta.dirname, '..');
const files = ['instance', 'test/instance', 'test/authority', 'rehearsal/machine/stand-ins'].flatMap(
  (folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.py'))
      .map((name) => `${folder}/${name}`),
);
let faults = 0;
for (const file of files) {
  const source = readFileSync(join(root, file), 'utf8');
  const formatted = ruff.format(source);
  if (write && formatted !== source) {
    writeFileSync(join(root, file), formatted);
  } else if (formatted !== source) {
    faults += 1;
    process.stdout.write(`${file}: not formatted: npm run fix\n`);
  }
  for (const { code, message, start_location: at } of ruff.check(formatted)) {
    faults += 1;
    process.stdout.write(`${file}:${at.row}:${at.column} ${code} ${message}\n`);
  }
}
process.stdout.write(`python style: ${files.length} files, ${faults} faults\n`);
process.exitCode = faults === 0 ? 0 : 1;
