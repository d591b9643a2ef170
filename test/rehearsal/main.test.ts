// `npm start` as a user calls it, after `npm run build`.
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { checkHost } from '../../rehearsal/host.ts';
import { readOptions, UsageError } from '../../rehearsal/options.ts';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import { CHECKOUT, temporaryFolder } from './world.ts';

const folder = temporaryFolder();

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Its folder for temporary files, its own. */
  readonly scratch: string;
  readonly exited: Promise<number | null>;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const scratch = mkdtempSync(join(folder, 'tmp-'));
  const child = spawn(process.execPath, ['--import', 'tsx', 'rehearsal/main.ts', ...args], {
    cwd: CHECKOUT,
    // As the script `start` says: tsx would keep a cache in the temporary folder.
    env: { ...process.env, TMPDIR: scratch, TSX_DISABLE_CACHE: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, scratch, exited: new Promise((resolve) => child.once('close', resolve)) };
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { child, scratch, exited } = start(args, env);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { stdout, stderr, code, left: readdirSync(scratch) };
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const recorded = {
  version: '0',
  id: '1e5527d7-bb36-4607-3370-4164db56a40e',
  'detail-type': 'EC2 Spot Instance Interruption Warning',
  source: 'aws.ec2',
  account: '210987654321',
  time: '2026-02-04T15:28:15Z',
  region: 'cn-north-1',
  resources: ['arn:aws-cn:ec2:cn-north-1b:instance/i-0abc0abc0abc0abc0'],
  detail: { 'instance-id': 'i-0abc0abc0abc0abc0', 'instance-action': 'terminate' },
};

describe('a wrong call', () => {
  const calls: { name: string; args: string[]; line: RegExp }[] = [
    { name: 'an unknown option', args: ['--windows', '5'], line: /--windows/ },
    { name: 'a stray word', args: ['graceful'], line: /graceful/ },
    {
      name: 'an unknown scenario',
      args: ['--scenario', 'gracefull'],
      line: new RegExp(
        `^--scenario: got "gracefull", did you mean graceful\\? .*--list names all ${SCENARIOS.length}$`,
      ),
    },
    {
      name: 'a part of the names of several scenarios',
      args: ['--scenario', 'Rebalance'],
      line: /did you mean rebalance-declined, rebalance-saves, rebalance-then-notice\? /,
    },
    {
      name: 'an empty scenario',
      args: ['--scenario', ''],
      line: /--scenario: got "", there is none such: npm start -- --list names all \d+$/,
    },
    {
      name: 'a scenario that is near to none',
      args: ['--scenario', 'foo'],
      line: /^--scenario: got "foo", there is none such: npm start -- --list names all \d+$/,
    },
    {
      name: 'another option beside --all',
      args: ['--all', '--window', '20'],
      line: /--all: got --window beside it, allowed: nothing else/,
    },
    {
      name: 'a window that is too short',
      args: ['--window', '4'],
      line: /--window: got "4", allowed: whole seconds from 5 to 120/,
    },
    { name: 'a window that is too long', args: ['--window', '121'], line: /got "121"/ },
    { name: 'a window that is no number', args: ['--window', '1e1'], line: /got "1e1"/ },
    {
      name: 'an event file that is not there',
      args: ['--event', '/nowhere/event.json'],
      line: /--event: \/nowhere\/event\.json cannot be read \(ENOENT\)/,
    },
    {
      name: 'an event file that is not JSON',
      args: ['--event', file('bad.json', '{"a":')],
      line: /--event: .*bad\.json is not JSON/,
    },
    {
      name: 'an event of a type that SpotGuard does not listen for',
      args: [
        '--event',
        file('other.json', JSON.stringify({ ...recorded, 'detail-type': 'EC2 Instance State-change\u001b' })),
      ],
      line: /--event: .*other\.json is none that .*: got source "aws\.ec2" and detail-type "EC2 Instance State-change\\u001b", allowed source "aws\.ec2" and detail-type "EC2 Spot Instance Interruption Warning", "EC2 /,
    },
    {
      name: 'an event that says nothing',
      args: ['--event', file('empty.json', '{}')],
      line: /--event: .*empty\.json is none that .*: got source none and detail-type none, allowed /,
    },
  ];
  it.each(calls)('is one clear line: $name', ({ args, line }) => {
    const call = () => readOptions(args);
    expect(call).toThrow(UsageError);
    expect(call).toThrow(line);
    expect(call).not.toThrow(/\n/);
  });

  it('is told with all its faults together', () => {
    const args = ['--scenario', 'x', '--window', '4', '--event', '/nowhere/event.json'];
    expect(() => readOptions(args)).toThrow(/^--scenario: .*\n--window: .*\n--event: .*ENOENT\)$/);
  });

  it('has that line on stderr, nothing on stdout, and exit code 2', { timeout: 30_000 }, async () => {
    const { stdout, stderr, code } = await run(['--window', '4', '--json']);
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(/^[^\n]*--window: got "4"[^\n]*\n$/);
  });

  it('is a machine without Python, Linux or a temporary folder', { timeout: 30_000 }, async () => {
    const { stderr, code } = await run([], { PATH: folder });
    expect({ stderr, code }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/needs python3, version 3\.9 or newer; none was found\n$/),
    });
    expect(checkHost('darwin', process.env, '/tmp')).toMatch(/needs Linux.*darwin/);
    expect(checkHost('linux', process.env, '/nowhere')).toMatch(
      /can write to; \/nowhere is none \(ENOENT\)$/,
    );
    expect(checkHost('linux', process.env, '/tmp/a b')).toMatch(/with a plain path.*\/tmp\/a b/);
  });
});

describe.concurrent('npm start', () => {
  it('--list names every scenario with its story and outcome', { timeout: 30_000 }, async () => {
    const { stdout, code } = await run(['--list']);
    expect(code).toBe(0);
    const shown = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(shown).toEqual(SCENARIOS.map(({ name, expected, story }) => [name, expected, story]));
  });

  it('shows a recorded event as a timeline of plain lines, and ends with the verdict', {
    timeout: 60_000,
  }, async () => {
    const { stdout, stderr, code, left } = await run([
      '--window',
      '20',
      '--event',
      file('recorded.json', JSON.stringify(recorded)),
    ]);
    expect({ stderr, code, stdout }).toMatchObject({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^Rehearsal: graceful/);
    expect(stdout).toContain('only its time is moved');
    expect(stdout).toContain(
      'The window is shortened: the notice is put 100 s into the past, 20 of 120 s are left.',
    );
    expect(stdout).toMatch(
      /^ *T-\d+\.\d s {2}EC2 {11}EC2 Spot Instance Interruption Warning: i-0abc0abc0abc0abc0, terminate$/m,
    );
    expect(stdout).toMatch(/\ngraceful, \d+\.\d s to spare: .*\n$/);
    expect(stdout).not.toContain('\u001b');
    expect(left).toEqual([]);
  });

  it('--json prints one object and nothing else, also where the watcher alone has run the plan', {
    timeout: 60_000,
  }, async () => {
    const { stdout, stderr, code } = await run(['--json', '--window', '20', '--scenario', 'event-lost']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { stages, stagesBy, events, ...object } = JSON.parse(stdout);
    expect(object).toMatchObject({
      scenario: 'event-lost',
      outcome: 'graceful',
      expected: 'graceful',
      asExpected: true,
      problems: [],
      window: 20,
      commandToStageMs: null,
    });
    expect(object.secondsToSpare).toBeGreaterThan(0);
    expect(object.apiCalls[0]).toMatchObject({
      by: expect.any(String),
      service: expect.any(String),
      action: expect.any(String),
      allowed: true,
      ms: expect.any(Number),
    });
    expect(events.length).toBeGreaterThan(10);
    expect(stages.map(({ name, exit }: { name: string; exit: number }) => [name, exit])).toEqual(
      ['drain', 'save', 'clean', 'report'].map((name) => [name, 0]),
    );
    expect(Object.keys(stages[0])).toEqual(['name', 'started', 'ended', 'exit']);
    expect(stagesBy).toBe('report');
    const told = events.map(({ who, what }: { who: string; what: string }) => `${who}: ${what}`);
    expect(told).toContain('EventBridge: loses the event: nothing is invoked');
    expect(told).toContain('guard: the plan starts, brought by the watcher');
  });

  it('has exit code 1 for an outcome other than graceful, though it is expected', {
    timeout: 60_000,
  }, async () => {
    const { stdout, code } = await run(['--json', '--scenario', 'untagged']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 1,
      outcome: 'unguarded',
      asExpected: true,
    });
  });

  // Regression: a function that was still starting was nobody's to end, and `npm start | head -1` hung for ever.
  it('ends and cleans up when its reader has gone', { timeout: 60_000 }, async () => {
    const { child, scratch, exited } = start([]);
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await exited).toBe(130);
    expect(readdirSync(scratch)).toEqual([]);
  });

  // Regression: a list whose reader had gone ended in a stack trace, and a full disk in exit code 0.
  it.each([
    ['a list whose reader has gone is enough', '--list | head -1', { status: 0, stderr: '' }],
    [
      'a list that cannot be written is a fault',
      '--list > /dev/full',
      { status: 1, stderr: 'spot-guard rehearsal: the output cannot be written (ENOSPC)\n' },
    ],
  ])('%s', { timeout: 60_000 }, (_, call, ended) => {
    const command = `node --import tsx rehearsal/main.ts ${call}`;
    const env = { ...process.env, TSX_DISABLE_CACHE: '1' };
    expect(spawnSync('sh', ['-c', command], { cwd: CHECKOUT, encoding: 'utf8', env })).toMatchObject(ended);
  });

  it('cleans up when it is interrupted', { timeout: 60_000 }, async ({ expect }) => {
    const { child, scratch, exited } = start(['--scenario', 'hook-ignores-sigterm']);
    let shown = '';
    child.stdout.on('data', (data: Buffer) => {
      shown += data.toString();
    });
    await expect.poll(() => shown, { timeout: 30_000 }).toContain('20-stubborn starts');
    child.kill('SIGINT');
    expect(await exited).toBe(130);
    expect(readdirSync(scratch)).toEqual([]);
    const commands = () =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => {
          try {
            return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
          } catch {
            return ''; // gone meanwhile
          }
        });
    // What has been killed takes a moment to be gone.
    await expect.poll(() => commands().filter((line) => line.includes(scratch))).toEqual([]);
  });
});
