// Installing and removing while another such call is at work.
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT, PATHS } from '../../contract/instance.ts';
import { type Machine, on, until } from './machine.ts';
import { NOWHERE } from './served.ts';

const LOCK = `${PATHS.run}/install.lock`;
const calls = (machine: Machine) => machine.read('/calls').trim().split('\n');

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

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
