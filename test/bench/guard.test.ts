// `npm run bench -- --only guard` in small, and what it makes of the guard's words.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { percentile } from '../../bench/figures.ts';
import { tableOfGuard } from '../../bench/guard.ts';
import { readOptions } from '../../bench/options.ts';
import { modulesOf } from '../../bench/watcher.ts';

it('gives each figure as JSON, and leaves nothing behind', { timeout: 40_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spot-guard-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', 'bench/main.ts', '--only', 'guard', '--json', '--rounds', '1', '--idle', '1'],
    { env: { ...process.env, TSX_DISABLE_CACHE: '1', TMPDIR: folder } },
  );
  expect(stderr).toBe('');
  const figures = JSON.parse(stdout);
  expect(figures).toEqual({
    detectionP50Ms: expect.any(Number),
    detectionP95Ms: figures.detectionP50Ms,
    detectionMaxMs: figures.detectionP50Ms,
    watcherRssMb: expect.any(Number),
    watcherCpuPercent: expect.any(Number),
    watcherCpuSeconds: expect.any(Number),
    watcherModules: expect.any(Number),
    watcherHeavyModules: [],
    guardStartMs: expect.any(Number),
    notices: 1,
    idleSeconds: 1,
    python: expect.stringMatching(/^3\.\d+\.\d+/),
  });
  // Generous: the tests share their machine. A watcher in which a module too many came along is larger than this.
  expect(figures.detectionP50Ms).toBeLessThan(5_000);
  expect(figures.detectionP50Ms).toBeGreaterThan(0);
  expect(figures.guardStartMs).toBeGreaterThan(0);
  expect(figures.watcherRssMb).toBeGreaterThan(5);
  expect(figures.watcherRssMb).toBeLessThan(18);
  expect(figures.watcherModules).toBeGreaterThan(20);
  expect(readdirSync(folder)).toEqual([]);
});

it('measures the guard only where it is asked to, and then 200 notices and five minutes', () => {
  expect(readOptions([])).toMatchObject({ subject: 'respond', rounds: 25 });
  expect(readOptions(['--only', 'guard'])).toMatchObject({ subject: 'guard', rounds: 200, idleSeconds: 300 });
});

it('knows the heavy modules from the words of Python, also by what they hold', () => {
  const line = (name: string) => `import time:       301 |       1093 |     ${name}\n`;
  const said = ['socket', 'http.client', 'urllib3', 'sslx', 'subprocess'].map(line).join('');
  expect(modulesOf(`import time: self [us] | cumulative | imported package\n${said}notice: none\n`)).toEqual({
    count: 5,
    heavy: ['http', 'subprocess'],
  });
});

it('has a percentile that so many of all values do not exceed', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect([percentile(values, 50), percentile(values, 95), percentile([7], 95)]).toEqual([100, 190, 7]);
});

it('shows the figures to a reader', () => {
  const figures = {
    detectionP50Ms: 612,
    detectionP95Ms: 1104,
    detectionMaxMs: 1180,
    watcherRssMb: 13.4,
    watcherCpuPercent: 0.071,
    watcherCpuSeconds: 0.21,
    watcherModules: 86,
    watcherHeavyModules: [],
    guardStartMs: 98,
    notices: 200,
    idleSeconds: 300,
    python: '3.9.2',
  };
  const shown = tableOfGuard(figures);
  for (const value of Object.values(figures)) expect(shown).toContain(String(value));
  expect(shown).toMatch(/urllib, subprocess among them\s+none/);
});
