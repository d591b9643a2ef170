// That pyright tells Python 3.9's library from newer ones: its stubs forget a version some time after that has ended.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const stubs = join(
  dirname(createRequire(import.meta.url).resolve('pyright/package.json')),
  'dist/typeshed-fallback/stdlib',
);

it('has stubs that still know what came with Python 3.10, and is told to check for 3.9', () => {
  // itertools.pairwise, for one.
  expect(readFileSync(join(stubs, 'itertools.pyi'), 'utf8')).toContain('sys.version_info >= (3, 10)');
  expect(readFileSync(join(import.meta.dirname, '../pyproject.toml'), 'utf8')).toContain(
    'pythonVersion = "3.9"',
  );
});
