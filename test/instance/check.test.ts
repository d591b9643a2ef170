// `check`, as installed: a line for each thing that protection takes, what mends a fault, and the exit code.
import { spawn } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { PATHS } from '../../contract/instance.ts';
import { GUARD_TAG } from '../../contract/tags.ts';
import { INSTANCE_ID } from './machine.ts';
import { installed, ROLE, TAGS, withService } from './served.ts';

/** Each line of `check` by its name. */
const findings = (stdout: string): Record<string, string> =>
  Object.fromEntries(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => /^(ok {2}|note|FAIL) {2}(\S.{8}) {2}(.+)$/.exec(line) ?? ['', '', line, ''])
      .map(([, level = '', name = '', words = '']) => [name.trim(), `${level.trim()} ${words}`]),
  );

// One after the other: an agent that runs is seen by every check on this machine.
describe('check', { timeout: 30_000 }, () => {
  it(
    'goes on after a thing that cannot be looked at',
    withService(async (machine, metadata) => {
      const { exit, stdout, stderr } = await machine.call(['check'], metadata.url);
      expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' });
      expect(findings(stdout)).toMatchObject({
        disk: expect.stringMatching(/^FAIL .*No such file or directory: .*var\/lib/),
        units: expect.stringMatching(/^FAIL no systemd, and no watcher lives/),
      });
    }),
  );

  it(
    'has a line for each thing, and exit code 0 where all is well',
    withService(
      async (machine, metadata) => {
        installed(machine);
        machine.file(PATHS.defaults, '{"reports":"my-reports"}', 0o600);
        machine.hook('save', 'ok', '#!/bin/sh\n');
        copyFileSync('/bin/sleep', join(machine.root, 'amazon-ssm-agent'));
        const agent = spawn(join(machine.root, 'amazon-ssm-agent'), ['30']);
        try {
          const { exit, stdout, stderr } = await machine.call(['check'], metadata.url);
          expect(findings(stdout)).toEqual({
            python: expect.stringMatching(/^ok 3\./),
            metadata: `ok IMDSv2 answers: ${INSTANCE_ID}`,
            clock: expect.stringMatching(/^ok \d{4}-\d\d-\d\dT[\d:]+Z, [+-]\d s against EC2's$/),
            role: "ok the metadata service gives credentials of the instance's role",
            reports: 'ok reports go to s3://my-reports',
            settings: 'ok metadata tags',
            'ssm agent': expect.stringMatching(/^ok runs, pid \d+$/),
            hooks: 'ok 1 that run',
            plan: 'ok has something to do: hooks',
            disk: expect.stringMatching(/^ok free: \/run \d+ MB, \/var\/lib \d+ MB$/),
            units: 'ok spot-guard-watch.service and 2 more are active',
            protected: ' ',
          });
          expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
        } finally {
          agent.kill('SIGKILL');
        }
      },
      { tags: TAGS, role: ROLE },
    ),
  );

  it(
    'names each fault with what mends it, and has exit code 1',
    withService(
      async (machine, metadata) => {
        installed(machine);
        machine.tool('systemctl', '#!/bin/sh\nprintf "active\\nfailed\\nactive\\n"\nexit 3\n');
        machine.hook('drain', 'open', '#!/bin/sh\n', 0o777);
        machine.hook('save', 'plain', '#!/bin/sh\n', 0o644);
        metadata.setClockAhead(60);
        metadata.plant({ kind: 'status', status: 500, on: /security-credentials/ });
        const { exit, stdout } = await machine.call(['check'], metadata.url);
        expect(findings(stdout)).toMatchObject({
          metadata: `ok IMDSv2 answers: ${INSTANCE_ID}`,
          clock: expect.stringMatching(
            /^FAIL .* -(59|60) s against EC2's: deadlines are as far off. Set up chrony$/,
          ),
          role: expect.stringMatching(/^FAIL .*HTTP 500$/),
          settings: expect.stringMatching(
            /^FAIL no source \(metadata tags: not enabled for this instance; .*Enable tags in the instance metadata, or attach/,
          ),
          'ssm agent':
            'FAIL does not run: no command reaches this machine. Install and start amazon-ssm-agent',
          hooks: 'FAIL drain/open is writable by others: chmod go-w; save/plain is not executable: chmod +x',
          units: 'FAIL spot-guard-wanted.path is failed: spot-guard install',
          plan: 'ok has something to do: hooks',
        });
        expect(stdout).toMatch(/\nnot protected: clock, role, settings, ssm agent, hooks, units\n$/);
        expect(exit).toBe(1);
      },
      { role: ROLE },
    ),
  );

  it(
    'finds all that the settings name and the machine has nothing for',
    withService(
      async (machine, metadata) => {
        machine.file('/var/lib/.keep', '');
        for (const tool of ['docker', 'podman', 'nerdctl', 'systemctl'])
          rmSync(join(machine.root, 'bin', tool));
        vi.stubEnv('PATH', '/nowhere');
        try {
          const { exit, stdout } = await machine.call(['check'], metadata.url);
          expect(findings(stdout)).toMatchObject({
            settings:
              'FAIL metadata tags: units are named, and there is no systemd to stop them with. containers are named, and none of docker, podman, nerdctl is on this machine',
            plan: 'ok has something to do: units, containers',
          });
          expect(exit).toBe(1);
          machine.tool('podman', '#!/bin/sh\n');
          const { stdout: then } = await machine.call(['check'], metadata.url);
          expect(findings(then).settings).not.toContain('containers');
        } finally {
          vi.unstubAllEnvs();
        }
      },
      { tags: { ...TAGS, 'spot-guard:units': 'web', 'spot-guard:containers': 'db' } },
    ),
  );

  it(
    'says that the outcome would be empty where nothing is set up, and what alone could change that',
    withService(
      async (machine, metadata) => {
        installed(machine);
        const { stdout } = await machine.call(['check'], metadata.url);
        expect(findings(stdout)).toMatchObject({
          reports: 'note no bucket is known to the installed guard: only a command may name one',
          settings: 'ok metadata tags',
          plan: 'note nothing is set up: no hook, unit or container. The outcome would be empty, unless a workload that watches /run/spot-guard/notice.json acknowledges',
        });
        machine.file(PATHS.defaults, '{"reports":"my-reports"}', 0o600);
        metadata.setTags({ ...TAGS, 'spot-guard:units': '$(reboot)' });
        expect(findings((await machine.call(['check'], metadata.url)).stdout)).toMatchObject({
          reports: 'note none would be left in s3://my-reports, see role',
          settings:
            'FAIL metadata tags: units: $(reboot): not the name of a systemd unit. drain would fail: correct it',
          plan: 'note has no hook, see settings',
        });
        metadata.setTags(undefined);
        expect(findings((await machine.call(['check'], metadata.url)).stdout).plan).toBe(
          'note has no hook, see settings',
        );
      },
      { tags: { ...TAGS, 'spot-guard:state': '/srv/state' } },
    ),
  );

  it(
    'notes a folder that is not there',
    withService(
      async (machine, metadata) => {
        const { stdout } = await machine.call(['check'], metadata.url);
        expect(findings(stdout).settings).toBe('note metadata tags: /srv/nowhere is not there');
      },
      { tags: { ...TAGS, 'spot-guard:state': '/srv/nowhere' } },
    ),
  );

  it(
    'tells of hooks that lie where nothing runs, beside those at fault, and sees a watcher of other means',
    withService(async (machine, metadata) => {
      machine.file('/var/lib/.keep', '');
      for (const path of ['drian/10-save', 'report/10-tell', '10-drain']) {
        machine.file(`${PATHS.hooks}/${path}`, '#!/bin/sh\n', 0o755);
      }
      machine.hook('save', 'not', '#!/bin/sh\n', 0o644);
      machine.hook('save', 'a b', '#!/bin/sh\n');
      machine.file(`${PATHS.run}/watch.lock`, '');
      const watcher = spawn('flock', [join(machine.root, PATHS.run, 'watch.lock'), 'sleep', '30']);
      try {
        await vi.waitFor(async () => {
          const found = findings((await machine.call(['check'], metadata.url)).stdout);
          expect(found).toMatchObject({
            hooks:
              'FAIL save/not is not executable: chmod +x; save/a b is not taken for a hook; 10-drain is no stage, allowed drain, save, clean; drian is no stage, allowed drain, save, clean; report is no stage, allowed drain, save, clean',
            units: 'ok no systemd, and a watcher lives: keep it alive by other means',
          });
        }, 10_000);
      } finally {
        watcher.kill();
      }
    }),
  );

  it(
    'calls an instance that is not tagged a fault, and what costs nothing a note',
    withService(
      async (machine, metadata) => {
        machine.file('/var/lib/.keep', '');
        machine.hook('save', 'README.bak', 'words');
        const { exit, stdout } = await machine.call(['check'], metadata.url);
        expect(findings(stdout)).toMatchObject({
          role: expect.stringMatching(/^note none/),
          settings:
            "FAIL metadata tags: the instance is not tagged spot-guard=enabled, to the letter: got 'Enabled'",
          hooks: 'note 0 that run; save/README.bak is not taken for a hook',
          units: 'FAIL no systemd, and no watcher lives: keep `spot-guard watch` alive by other means',
        });
        expect(exit).toBe(1);
        const status = await machine.call(['status'], metadata.url);
        expect(status.stdout).toMatch(
          /^instance .*, not guarded: not tagged spot-guard=enabled, to the letter: got 'Enabled'$/m,
        );
        const rehearsal = await machine.call(['run', '--rehearse', '--window', '8'], metadata.url);
        expect(rehearsal.stdout).toContain(
          "\nthe instance is not tagged spot-guard=enabled, to the letter: got 'Enabled'. No notice would be acted on here\n",
        );
        metadata.setTags({ Name: 'x' });
        expect((await machine.call(['check'], metadata.url)).stdout).toContain(
          'metadata tags: the instance is not tagged spot-guard=enabled, to the letter: got no such tag\n',
        );
      },
      { tags: { [GUARD_TAG]: 'Enabled' } },
    ),
  );

  it(
    'and status name the tags that are no settings',
    withService(
      async (machine, metadata) => {
        machine.file('/var/lib/.keep', '');
        const words = 'unknown tags: spot-guard:unit; after spot-guard: there are units, containers, state, ';
        const check = await machine.call(['check'], metadata.url);
        expect(findings(check.stdout).settings).toContain(`note metadata tags. ${words}`);
        const status = await machine.call(['status'], metadata.url);
        expect(status.stdout).toContain(`\n${' '.repeat(12)}${words}`);
      },
      { tags: { ...TAGS, 'spot-guard:unit': 'web' } },
    ),
  );

  it(
    'and status show nothing raw of what the metadata service, a file or a folder say',
    withService(
      async (machine, metadata) => {
        const evil = '\u001b[2J\u0007é\r\n'.repeat(2_000);
        machine.file('/var/lib/.keep', '');
        machine.file(PATHS.conf, `${evil}\n`);
        machine.hook('save', '\u001b[2Jx', 'words');
        metadata.setTags({ [GUARD_TAG]: evil, 'spot-guard:units': evil });
        const planted = [
          metadata.plant({ kind: 'body', body: evil, on: /security-credentials/ }),
          metadata.plant({ kind: 'body', body: evil, on: /instance-id/, times: 3 }),
        ];
        for (const command of ['check', 'status', 'check', 'status']) {
          const { stdout, stderr } = await machine.call([command], metadata.url);
          expect(stderr).toBe('');
          expect(stdout).toMatch(/^[ -~\n]+$/);
        }
        for (const takeOut of planted) takeOut();
      },
      { role: ROLE },
    ),
  );
});
