// Wrong calls of the guard's commands: exit code 10 and words, nothing on stdout, and nothing done.
import { describe, expect, it } from 'vitest';
import { EXIT, PATHS } from '../../contract/instance.ts';
import { on } from './machine.ts';
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
