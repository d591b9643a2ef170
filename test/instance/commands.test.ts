// Wrong calls of the guard's commands: exit code 10 and words, nothing on stdout, and nothing done.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT, PATHS } from '../../contract/instance.ts';
import { GUARD, on } from './machine.ts';
import { NOWHERE } from './served.ts';

describe.concurrent('a wrong call', () => {
  it.each([
    ['an unknown command', ['reboot'], /invalid choice: 'reboot'/],
    ['no command', [], /required: COMMAND/],
    [
      'a window that is too short',
      ['run', '--rehearse', '--window', '7'],
      /got '7', allowed whole seconds from 8 to 120/,
    ],
    ['a window that is too long', ['run', '--rehearse', '--window', '121'], /got '121'/],
    ['a window that is no number', ['run', '--rehearse', '--window', 'x'], /got 'x'/],
    ['a run that is no rehearsal', ['run'], /--rehearse/],
    ['a step that there is not', ['step', 'reboot', 'x'], /invalid choice: 'step'/],
    [
      'defaults with every fault that they have',
      ['install', '--defaults', 'units=worker,grace,drain-until=999,save-until=9,save-until=8'],
      /got save-until twice; got 'units=worker', 'grace', allowed NAME=SECONDS, .*; drain-until: 999 is not a number of/,
    ],
    [
      'defaults in a wrong order',
      ['install', '--defaults', 'drain-until=10,save-until=20'],
      /argument --defaults: .* must fall in this order/,
    ],
    ['a stray word', ['watch', 'now'], /unrecognized arguments: now/],
  ])('is told what is wrong with it: %s', (_name, args, words) =>
    on(async (machine) => {
      const { exit, stdout, stderr } = await machine.call(args, NOWHERE);
      expect({ exit, stdout }).toEqual({ exit: EXIT.usage, stdout: '' });
      expect(stderr).toMatch(words);
      expect(stderr).not.toContain('Traceback');
      expect(machine.exists(PATHS.run)).toBe(false);
    })(),
  );
});

it(
  '--version names the guard as install and status do, without root',
  on(async (machine) => {
    const sha256 = createHash('sha256').update(readFileSync(GUARD)).digest('hex');
    expect(await machine.call(['--version'], NOWHERE)).toEqual({
      exit: EXIT.ok,
      stdout: expect.stringMatching(`^spot-guard \\d+\\.\\d+\\.\\d+ \\(${sha256.slice(0, 12)}\\)\n$`),
      stderr: '',
    });
  }),
);
