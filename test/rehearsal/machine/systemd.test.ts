// The stand-in for systemd: it does with an installed unit what systemd would, or refuses.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Instance } from '../../../rehearsal/machine/instance.ts';
import { killAll } from '../../../rehearsal/machine/processes.ts';
import { servicesOf, watcherOf } from '../../../rehearsal/machine/services.ts';
import { temporaryFolder, thisHost } from '../world.ts';

const folder = temporaryFolder();
let instance: Instance;
let count = 0;
beforeEach(() => {
  count += 1;
  instance = new Instance('i-00000000', join(folder, `${count}`), thisHost(), join(folder, 'violations'), {
    GIVEN: 'by-the-manager',
  });
});
afterEach(() => killAll(instance.root));

function install(name: string, text: string): void {
  const file = instance.at(`/etc/systemd/system/${name}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
const systemctl = (...args: string[]) =>
  spawnSync(join(instance.root, 'bin/systemctl'), args, {
    encoding: 'utf8',
    env: { PATH: instance.path, GIVEN: 'by-the-caller' },
  });
const until = async (holds: () => boolean): Promise<void> => {
  for (const end = Date.now() + 10_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 20)))
    if (Date.now() > end) throw new Error(`waited too long for ${holds}`);
};
const service = (script: string, more = ''): string =>
  `[Service]\nExecStart=/bin/sh -c '${script}'\nEnvironment=OWN=unit\n${more}\n[Install]\nWantedBy=multi-user.target\n`;
const ALWAYS = 'Restart=always\nRestartSec=100ms\nStartLimitIntervalSec=0\n';

describe('the stand-in for systemd', { timeout: 20_000 }, () => {
  it("gives a unit the manager's environment and its own, never the caller's", async () => {
    install('a.service', service(`echo $GIVEN $OWN >${instance.at('work/told')}; exec sleep 60`));
    expect(systemctl('start', '--', 'a.service').status).toBe(0);
    await until(() => instance.read('work/told') !== '');
    expect(instance.read('work/told')).toBe('by-the-manager unit\n');
  });

  it('has a service back that was killed, and not one that was stopped', async () => {
    install('spot-guard-watch.service', service('exec sleep 60', ALWAYS));
    systemctl('start', '--', 'spot-guard-watch.service');
    await until(() => watcherOf(instance) !== undefined);
    const first = watcherOf(instance) ?? 0;
    process.kill(first, 'SIGKILL');
    await until(() => ![undefined, first].includes(watcherOf(instance)));
    expect(systemctl('stop', '--', 'spot-guard-watch.service').status).toBe(0);
    expect(servicesOf(instance).size).toBe(0);
    expect(systemctl('is-active', '--', 'spot-guard-watch.service').stdout).toBe('inactive\n');
  });

  it('starts what a path unit names as often as the file is there', async () => {
    const wanted = instance.at('run/wanted');
    install('w.path', '[Path]\nPathExists=/run/wanted\n[Install]\nWantedBy=multi-user.target\n');
    install('w.service', service(`rm ${wanted}; echo x >>${instance.at('work/ran')}`, 'Type=oneshot'));
    systemctl('start', '--', 'w.path');
    for (const ran of ['x\n', 'x\nx\n']) {
      writeFileSync(wanted, '');
      await until(() => instance.read('work/ran') === ran);
    }
  });

  it('goes by what it had loaded until it is told to reload', async () => {
    const told = instance.at('work/told');
    install('a.service', service(`echo old >${told}; exec sleep 60`));
    systemctl('start', '--', 'a.service');
    await until(() => instance.read('work/told') === 'old\n');
    install('a.service', service(`echo new >${told}; exec sleep 60`));
    writeFileSync(told, '');
    systemctl('restart', '--', 'a.service');
    await until(() => instance.read('work/told') !== '');
    expect(readFileSync(told, 'utf8')).toBe('old\n');
    systemctl('daemon-reload');
    systemctl('restart', '--', 'a.service');
    await until(() => instance.read('work/told') === 'new\n');
  });

  it('starts at a boot what is enabled, and forgets it when it is disabled', () => {
    install('a.service', service('exec sleep 60'));
    const link = instance.at('/etc/systemd/system/multi-user.target.wants/a.service');
    expect(systemctl('enable', '--quiet', '--', 'a.service').status).toBe(0);
    instance.startEnabled();
    expect([...servicesOf(instance).keys()]).toEqual(['a.service']);
    expect(systemctl('disable', '--quiet', '--now', '--', 'a.service').status).toBe(0);
    expect([servicesOf(instance).size, existsSync(link)]).toEqual([0, false]);
  });

  it.each([
    ['a verb', () => ['mask', 'a.service']],
    ['an option', () => ['restart', '--no-block', 'a.service']],
    ['a directive', () => ['start', 'odd.service']],
    ['a limit of starts', () => ['start', 'limited.service']],
  ])('refuses %s that it does not know', (_what, call) => {
    install('a.service', service('exec sleep 60'));
    install('odd.service', service('exec sleep 60', 'WatchdogSec=3'));
    install('limited.service', service('exec sleep 60', 'Restart=always'));
    expect(systemctl(...call()).status).toBe(1);
    expect(instance.unsupportedCalls()).toHaveLength(1);
    expect(servicesOf(instance).size).toBe(0);
  });
});
