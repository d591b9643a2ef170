// Hooks that must not or cannot run.
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exits, GRACEFUL, type Machine, on, reportOf } from './machine.ts';

const isRoot = process.geteuid?.() === 0;

describe.concurrent('a hook that must not or cannot run', { timeout: 40_000 }, () => {
  it.each([
    [
      'is not executable',
      (m: Machine) => m.hook('drain', 'h', '#!/bin/sh\n', 0o644),
      'is not executable: chmod +x',
    ],
    [
      'is writable by others',
      (m: Machine) => m.hook('drain', 'h', '#!/bin/sh\n', 0o757),
      'is writable by others: chmod go-w',
    ],
    [
      'has no interpreter line',
      (m: Machine) => m.hook('drain', 'h', 'echo hello\n'),
      'its first line is not #!',
    ],
    [
      'names an interpreter that is not there',
      (m: Machine) => m.hook('drain', 'h', '#!/no/such\n'),
      'cannot be executed: there is no /no/such',
    ],
    [
      'names an interpreter that is not in PATH',
      (m: Machine) => m.hook('drain', 'h', '#!/usr/bin/env nopython\n'),
      'cannot be executed: there is no nopython in /',
    ],
    ['is a folder', (m: Machine) => m.file('/etc/spot-guard/hooks.d/drain/h/x', ''), 'is not a file'],
    [
      'is a link to nothing',
      (m: Machine) => {
        m.file('/etc/spot-guard/hooks.d/drain/.keep', '');
        symlinkSync('/no/such', join(m.root, '/etc/spot-guard/hooks.d/drain/h'));
      },
      'cannot be read',
    ],
    [
      'lies in a folder that others may write to',
      (m: Machine) => {
        m.hook('drain', 'h', '#!/bin/sh\n');
        chmodSync(join(m.root, '/etc/spot-guard/hooks.d/drain'), 0o777);
      },
      'its folder is writable by others',
    ],
    [
      'is a link into a folder that others may write to',
      (m: Machine) => {
        m.file('/opt/tools/run', '#!/bin/sh\n', 0o755);
        chmodSync(join(m.root, '/opt'), 0o777);
        mkdirSync(join(m.root, '/etc/spot-guard/hooks.d/drain'), { recursive: true });
        symlinkSync(join(m.root, '/opt/tools/run'), join(m.root, '/etc/spot-guard/hooks.d/drain/h'));
      },
      '/opt, which is writable by others',
    ],
    [
      'is a link to a link that lies in a folder that others may write to',
      (m: Machine) => {
        m.file('/opt/tools/run', '#!/bin/sh\n', 0o755);
        m.file('/srv/of-a-user/.keep', '');
        mkdirSync(join(m.root, '/etc/spot-guard/hooks.d/drain'), { recursive: true });
        symlinkSync('../../opt/tools/run', join(m.root, '/srv/of-a-user/current'));
        symlinkSync(join(m.root, '/srv/of-a-user/current'), join(m.root, '/etc/spot-guard/hooks.d/drain/h'));
        chmodSync(join(m.root, '/srv/of-a-user'), 0o777);
      },
      '/of-a-user, which is writable by others',
    ],
    [
      'lies below a folder that others may write to',
      (m: Machine) => {
        m.hook('drain', 'h', '#!/bin/sh\n');
        chmodSync(join(m.root, '/etc/spot-guard'), 0o777);
      },
      '/etc/spot-guard, which is writable by others',
    ],
  ] as const)('fails with the reason where it %s', async (_, prepare, reason) => {
    await on(async (machine) => {
      prepare(machine);
      const ends = await machine.run(machine.notices(8));
      expect(ends[1]?.exit).toBe(20);
      expect(reportOf(ends).result).toBe('failed');
      expect(reportOf(ends).tasks[0]?.note).toContain(reason);
    })();
  });

  it.runIf(isRoot)(
    'fails where it is owned by somebody else (only root can try)',
    on(async (machine) => {
      machine.hook('drain', 'h', '#!/bin/sh\n');
      chownSync(join(machine.root, '/etc/spot-guard/hooks.d/drain/h'), 1234, 0);
      const ends = await machine.run(machine.notices(8));
      expect(reportOf(ends).tasks[0]).toMatchObject({ exit: 20, note: 'is not owned by root: chown root' });
    }),
  );

  it.runIf(isRoot)(
    'fails where a link on the way is owned by somebody else, though its folder lets nobody move it',
    on(async (machine) => {
      machine.file('/opt/tools/run', '#!/bin/sh\n', 0o755);
      machine.file('/tmp/.keep', '');
      chmodSync(join(machine.root, '/tmp'), 0o1777);
      symlinkSync(join(machine.root, '/opt/tools/run'), join(machine.root, '/tmp/theirs'));
      lchownSync(join(machine.root, '/tmp/theirs'), 1234, 0);
      mkdirSync(join(machine.root, '/etc/spot-guard/hooks.d/drain'), { recursive: true });
      symlinkSync(join(machine.root, '/tmp/theirs'), join(machine.root, '/etc/spot-guard/hooks.d/drain/h'));
      const [task] = reportOf(await machine.run(machine.notices(8))).tasks;
      expect(task?.note).toContain('/tmp/theirs, which is not owned by root: chown -h root');
    }),
  );

  it(
    'runs where it is a link to a file that only root may change',
    on(async (machine) => {
      machine.file('/opt/tools/run', `#!/bin/sh\ntouch ${machine.root}/ran\n`, 0o755);
      mkdirSync(join(machine.root, '/etc/spot-guard/hooks.d/drain'), { recursive: true });
      symlinkSync(
        join(machine.root, '/opt/tools/run'),
        join(machine.root, '/etc/spot-guard/hooks.d/drain/h'),
      );
      expect(exits(await machine.run(machine.notices(8)))).toEqual(GRACEFUL);
      expect(machine.exists('/ran')).toBe(true);
    }),
  );

  it(
    'is passed over with a warning where its name is that of a backup or hidden',
    on(async (machine) => {
      for (const name of ['a.bak', '.hidden', 'b~', 'ok name'])
        machine.hook('drain', name, '#!/bin/sh\nexit 9\n');
      const ends = await machine.run(machine.notices(8));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(machine.journal().filter(({ phase }) => phase === 'warning')).toHaveLength(4);
    }),
  );
});
