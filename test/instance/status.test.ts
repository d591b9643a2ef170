// `status`: the settings that hold, those that do not, and what became of the last runs.
import { describe, expect, it } from 'vitest';
import { exits } from './machine.ts';
import { TAGS, withService } from './served.ts';

describe.concurrent('status', { timeout: 40_000 }, () => {
  it(
    'shows what holds of the settings, and beside it what is refused and why',
    withService(
      async (machine, metadata) => {
        machine.file('/var/lib/spot-guard/defaults.json', '{"save-until": "20"}', 0o600);
        const { stdout, stderr } = await machine.call(['status'], metadata.url);
        expect(stderr).toBe('');
        expect(stdout).toContain('\nsettings    from metadata tags: grace=9, units=web worker\n');
        expect(stdout.match(/^refused .*$/gm)).toEqual([
          'refused     units: $(reboot): not the name of a systemd unit; left out, and drain would fail',
          'refused     workload: more than one name; left out, and drain would fail',
          'refused     clean-until: 999 is not a number of seconds from 4 to 60; the built-in default holds',
          'refused     drain-until, save-until, clean-until: must fall in this order; the built-in default holds',
          'refused     stopped: Leave is not one of start, leave; the built-in default holds',
        ]);
      },
      {
        tags: {
          ...TAGS,
          'spot-guard:units': 'web, $(reboot) worker',
          'spot-guard:workload': 'a b',
          'spot-guard:clean-until': '999',
          'spot-guard:drain-until': '15',
          'spot-guard:grace': '9',
          'spot-guard:stopped': 'Leave',
        },
      },
    ),
  );

  it(
    'tells the last run of a notice beside the last rehearsal, and what failed in it',
    withService(async (machine, metadata) => {
      machine.hook('save', 'a', '#!/bin/sh\ntrap "" TERM\nsleep 30\n');
      await machine.call(['run', '--rehearse', '--window', '8'], metadata.url);
      machine.hook('drain', 'bad', '#!/bin/sh\nprintf "cannot reach \\033[2J the queue\\n" >&2\nexit 3\n');
      for (const name of ['a', 'b', 'c']) machine.hook('save', name, '#!/bin/sh\nexit 4\n');
      machine.hook('save', 'nothing', '#!/bin/sh\nexit 75\n');
      expect(exits(await machine.run(machine.notices(12)))).toContain('drain 20');
      const { stdout, stderr } = await machine.call(['status'], metadata.url);
      expect({ stderr, plain: /^[ -~\n]+$/.test(stdout) }).toEqual({ stderr: '', plain: true });
      const lines = stdout.match(/^last run .*$/gm) ?? [];
      expect(lines).toEqual([
        expect.stringMatching(
          /^last run {4}interruption, .*, brought by the command, failed, \S+ s to spare; failed: drain\/bad \(exit 3\) cannot reach \\x1b\[2J the queue, save\/a \(exit 4\), save\/b \(exit 4\) and 1 more; \S+\/journal.jsonl$/,
        ),
        expect.stringMatching(
          /^last run {4}rehearsal, .*, failed, \S+ s to spare; failed: save\/a \(exit 137\) ended at the stage's moment; \S+-rehearsal\/journal.jsonl$/,
        ),
      ]);
    }),
  );
});
