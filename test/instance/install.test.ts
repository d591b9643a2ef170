// Installing and removing, as `install` and `uninstall` do it: again, after a fault, and beside somebody else's file.
import { readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT, PATHS, WATCH_UNIT } from '../../contract/instance.ts';
import { type Machine, on } from './machine.ts';
import { NOWHERE } from './served.ts';

/** A systemd that says what it is asked for, and does as the file `answers` says: one exit code for each verb. */
function withSystemd(machine: Machine): void {
  machine.file('/run/systemd/system/.keep', '');
  machine.tool(
    'systemctl',
    `#!/bin/sh\necho "$1" >>${machine.root}/calls\n[ "$1" = is-active ] && printf 'active\\nactive\\nactive\\n'\n[ ! -e ${machine.root}/fails-$1 ]\n`,
  );
}
const install = (machine: Machine, ...args: string[]) => machine.call(['install', ...args], NOWHERE);
const calls = (machine: Machine) => {
  const all = machine.exists('/calls') ? machine.read('/calls').trim().split('\n') : [];
  machine.file('/calls', '');
  return all.filter((call) => call !== '');
};

describe.concurrent('install', { timeout: 30_000 }, () => {
  it(
    'tells systemd once, and has nothing to do after that',
    on(async (machine) => {
      withSystemd(machine);
      expect(await install(machine)).toMatchObject({
        exit: EXIT.ok,
        stdout: expect.stringMatching(/^installed /),
      });
      expect(calls(machine)).toEqual(['daemon-reload', 'enable', 'restart']);
      expect(await install(machine)).toMatchObject({
        exit: EXIT.ok,
        stdout: expect.stringMatching(/^up to date: /),
      });
      expect(calls(machine)).toEqual(['is-active']);
      const unit = `${PATHS.units}/${WATCH_UNIT}`;
      machine.file(unit, `${machine.read(unit)}# edited\n`);
      await install(machine);
      expect(calls(machine)).toEqual(['daemon-reload', 'enable', 'restart']);
    }),
  );

  it(
    'does again what systemd had not heard of when it failed',
    on(async (machine) => {
      withSystemd(machine);
      machine.file('/fails-daemon-reload', '');
      expect(await install(machine)).toMatchObject({
        exit: EXIT.failed,
        stderr: expect.stringContaining('daemon-reload: exit 1'),
      });
      machine.file('/calls', '');
      rmSync(join(machine.root, 'fails-daemon-reload'));
      expect(await install(machine)).toMatchObject({ stdout: expect.stringMatching(/^installed /) });
      expect(calls(machine)).toEqual(['daemon-reload', 'enable', 'restart']);
    }),
  );

  it(
    'leaves what the stack set where nobody says otherwise',
    on(async (machine) => {
      withSystemd(machine);
      await install(machine, '--defaults', 'drain-until=60,grace=4');
      await install(machine);
      expect(JSON.parse(machine.read(PATHS.defaults))).toEqual({ 'drain-until': '60', grace: '4' });
      expect((await install(machine, '--defaults', 'grace=9')).stdout).toContain(', with other defaults');
    }),
  );

  it(
    'replaces a link of its own that leads nowhere, and nobody else’s file',
    on(async (machine) => {
      withSystemd(machine);
      machine.file(`${PATHS.library}/.keep`, '');
      machine.file('/usr/local/bin/.keep', '');
      symlinkSync(join(machine.root, PATHS.library, 'guard-gone.pyz'), join(machine.root, PATHS.command));
      expect((await install(machine)).exit).toBe(EXIT.ok);
      expect(readlinkSync(join(machine.root, PATHS.command))).toMatch(/guard-[0-9a-f]{64}\.pyz$/);
    }),
  );

  it(
    'does not touch a command of that name that is another’s, and nor does uninstall',
    on(async (machine) => {
      withSystemd(machine);
      machine.file(PATHS.command, 'mine\n', 0o755);
      expect(await install(machine)).toMatchObject({
        exit: EXIT.failed,
        stderr: expect.stringContaining('is not SpotGuard'),
      });
      await machine.call(['uninstall'], NOWHERE);
      expect(machine.read(PATHS.command)).toBe('mine\n');
    }),
  );

  it(
    'does not touch a unit of one of its names that is another’s, and nor does uninstall',
    on(async (machine) => {
      withSystemd(machine);
      const unit = `${PATHS.units}/${WATCH_UNIT}`;
      machine.file(unit, '[Unit]\nDescription=mine\n');
      expect(await install(machine)).toMatchObject({
        exit: EXIT.failed,
        stderr: expect.stringMatching(
          /spot-guard-watch\.service is there and is not SpotGuard's: move it away/,
        ),
      });
      await machine.call(['uninstall'], NOWHERE);
      expect(machine.read(unit)).toBe('[Unit]\nDescription=mine\n');
    }),
  );
});

describe.concurrent('uninstall', { timeout: 30_000 }, () => {
  it(
    'takes everything off but hooks and settings, also where systemd does not run',
    on(async (machine) => {
      withSystemd(machine);
      machine.hook('save', 'mine', '#!/bin/sh\n');
      await install(machine, '--defaults', 'grace=4');
      rmSync(join(machine.root, 'run/systemd'), { recursive: true });
      expect((await machine.call(['uninstall'], NOWHERE)).stdout).toMatch(/^uninstalled: /);
      const left = [PATHS.library, PATHS.command, PATHS.defaults].filter((path) => machine.exists(path));
      expect([left, readdirSync(join(machine.root, PATHS.units))]).toEqual([[], []]);
      expect(machine.exists(`${PATHS.hooks}/save/mine`)).toBe(true);
    }),
  );
});
