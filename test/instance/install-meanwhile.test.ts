// Installing and removing while something else goes on: another such call, or a plan that starts tasks from the file.
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT, PATHS } from '../../contract/instance.ts';
import { GUARD, type Machine, on, until } from './machine.ts';
import { installed, NOWHERE, TAGS, withService } from './served.ts';

const LOCK = `${PATHS.run}/install.lock`;
/** Ends when it may. */
const WAITING_HOOK = (root: string) =>
  `#!/bin/sh\ntouch ${root}/begun\nwhile [ ! -e ${root}/go ]; do sleep 0.05; done\n`;
const calls = (machine: Machine) => machine.read('/calls').trim().split('\n');
const commandOf = (machine: Machine) => readlinkSync(join(machine.root, PATHS.command));
const versions = (machine: Machine) => readdirSync(join(machine.root, PATHS.library)).sort();

/** Another file with the same program: what comes before a zip archive does not count. */
function otherVersion(machine: Machine, name: string): string {
  const file = join(machine.root, `${name}.pyz`);
  writeFileSync(file, Buffer.concat([Buffer.from(`#${name}\n`), readFileSync(GUARD)]));
  return file;
}

describe.concurrent('a call of install or uninstall', { timeout: 30_000 }, () => {
  it(
    'waits for the end of another one',
    on(async (machine) => {
      machine.file('/run/systemd/system/.keep', '');
      machine.tool(
        'systemctl',
        `#!/bin/sh\necho "$1" >>${machine.root}/calls\n[ "$1" = daemon-reload ] || exit 0\nwhile [ ! -e ${machine.root}/go ]; do sleep 0.05; done\n`,
      );
      const installing = machine.call(['install'], NOWHERE);
      await until(() => machine.exists('/calls'));
      const removing = machine.guard(['uninstall'], NOWHERE);
      const ended = new Promise((resolve) => removing.on('close', resolve));
      const fds = `/proc/${removing.pid}/fd`;
      const looks = () =>
        readdirSync(fds).some((fd) => readLink(`${fds}/${fd}`) === join(machine.root, LOCK));
      await until(() => calls(machine).length > 1 || looks());
      machine.file('/go', '');
      expect((await installing).stdout).toMatch(/^installed /);
      expect(await ended).toBe(EXIT.ok);
      expect(calls(machine)).toEqual(['daemon-reload', 'enable', 'restart', 'disable', 'daemon-reload']);
      expect(machine.exists(PATHS.library)).toBe(false);
    }),
  );
});

describe.concurrent('a plan in progress', { timeout: 30_000 }, () => {
  it(
    'keeps the guard’s file and command from uninstall, which says so and takes them when it is called again',
    withService(
      async (machine, metadata) => {
        installed(machine);
        machine.hook('drain', '10-wait', WAITING_HOOK(machine.root));
        await machine.call(['install', '--defaults', 'grace=4'], NOWHERE);
        const guard = commandOf(machine);
        const plan = machine.call(['run', '--rehearse', '--window', '40'], metadata.url, guard);
        await until(() => machine.exists('/begun'));
        expect((await machine.call(['uninstall'], NOWHERE, guard)).stdout).toMatch(
          /^uninstalled: hooks and settings in \/etc\/spot-guard stay; so do \S+ and \S+, from which the run \d+-rehearsal \(deadline [^)]+\) may still start tasks\. .* call `spot-guard uninstall` again/,
        );
        expect(readdirSync(join(machine.root, PATHS.units))).toEqual([]);
        machine.file('/go', '');
        expect(await plan).toMatchObject({ exit: EXIT.ok, stdout: expect.stringContaining('graceful, ') });
        expect(calls(machine)).toContain('stop -- worker');
        const again = await machine.call(['uninstall'], NOWHERE, join(machine.root, PATHS.command));
        expect(again.stdout).toBe('uninstalled: hooks and settings in /etc/spot-guard stay\n');
        const left = [PATHS.library, PATHS.command, PATHS.defaults].filter((path) => machine.exists(path));
        expect(left).toEqual([]);
      },
      { tags: { ...TAGS, 'spot-guard:units': 'worker' } },
    ),
  );

  it(
    'keeps its file from two upgrades, also when it is over and its runner waits for the machine to live on',
    on(async (machine) => {
      installed(machine);
      machine.hook('drain', '10-hook', '#!/bin/sh\n');
      await machine.call(['install'], NOWHERE, otherVersion(machine, 'first'));
      const [first] = versions(machine);
      await machine.run(machine.notices(30));
      expect(machine.processes('\0run\0')).toHaveLength(1);
      for (const name of ['second', 'third']) {
        await machine.call(['install'], NOWHERE, otherVersion(machine, name));
      }
      expect(versions(machine)).toContain(first);
      for (const pid of machine.processes('\0run\0')) process.kill(pid, 'SIGKILL');
      rmSync(join(machine.root, 'run/spot-guard/notice.json'));
      await until(() => machine.processes('\0run\0').length === 0);
      await machine.call(['install'], NOWHERE, join(machine.root, 'third.pyz'));
      expect(versions(machine)).toEqual([basename(commandOf(machine))]);
    }),
  );
});

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
