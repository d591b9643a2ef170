// The command line of the simulation: every fault at once, and the shape of what it prints.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readOptions } from '../../simulation/options.ts';

const run = promisify(execFile);

describe('the command line of the simulation', () => {
  it('reads percents as shares and seconds as milliseconds', () => {
    const { world } = readOptions([
      '--notices',
      '5000',
      '--taken',
      '50',
      '--bad-ids',
      '2.5',
      '--spread',
      '0.5',
    ]);
    expect(world).toEqual({
      notices: 5_000,
      taken: 0.5,
      badIds: 0.025,
      spreadMs: 500,
      foreign: 0,
      sendRate: 5,
      concurrency: 1_000,
      seed: 1,
    });
  });

  it.each([
    [
      ['--notices', '0', '--taken', '95', '--send-rate', 'x'],
      [
        '--notices: got "0", allowed: whole numbers from 1 to 15000',
        '--send-rate: got "x", allowed: numbers from 0.5 to 100',
        '--taken: got "95", allowed: whole numbers from 0 to 90',
      ],
    ],
    [['--notics', '5'], ['--notics: no such option, did you mean --notices?']],
    [['--seed'], ['--seed: got nothing, allowed: a value']],
    [['5000'], ['"5000": got an argument without a name, allowed: none (--help shows the options)']],
    [['--plots', 'x', '--json'], ['--plots: allowed without --json and --quotas']],
    [['--quotas', '--send-rate', '5'], ['--send-rate: allowed without --quotas, that tries many']],
  ])('tells all faults of %j together', (args, faults) => {
    expect(() => readOptions(args)).toThrow(faults.join('\n'));
  });

  it('prints one JSON object with each design, and nothing else', async () => {
    const args = ['--import', 'tsx', 'simulation/main.ts', '--notices', '50', '--json'];
    const { stdout, stderr } = await run(process.execPath, args, {
      env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    });
    expect(stderr).toBe('');
    const { designs } = JSON.parse(stdout);
    expect(Object.keys(designs)).toEqual(['ours', 'fastLaneOnly', 'onePerNotice', 'queueOfTen']);
    for (const result of Object.values(designs)) {
      expect(result).toEqual({
        reachedWithin10s: expect.any(Number),
        reachedWithin60s: expect.any(Number),
        reachedInTime: expect.any(Number),
        startedInTime: expect.any(Number),
        lost: expect.any(Number),
        withoutEnd: expect.any(Number),
        p50S: expect.any(Number),
        p99S: expect.any(Number),
        lastS: expect.any(Number),
        calls: expect.any(Number),
      });
    }
  });
});
