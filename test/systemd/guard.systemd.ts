// The guard under a real systemd: installed, killed, asked for a plan, stopped, booted again, taken off.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXIT, PATHS, WATCH_UNIT } from '../../contract/instance.ts';
import { INSTANCE_ID, SystemdMachine, until } from './machine.ts';

const DOCS = join(import.meta.dirname, '../../docs/guard.md');
const document = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../dist/instance/graceful-shutdown.json'), 'utf8'),
) as { mainSteps: { name: string; inputs: { runCommand: string[] } }[] };

const machine = new SystemdMachine();
const pidOf = (unit: string) => Number(machine.call('systemctl', 'show', '-P', 'MainPID', unit).out.trim());
const runUnit = () =>
  machine.call('systemctl', 'list-units', '--plain', '--no-legend', 'spot-guard-run-*').out.split(' ')[0] ??
  '';
/** By the shell: a minimal Debian has no program for it. */
const killHard = (pid: number) => machine.call('sh', '-c', `kill -9 ${pid}`);
const stateOf = (unit: string) => machine.call('systemctl', 'is-active', unit).out.trim();
const hook = (stage: string, script: string) =>
  machine.file(`${PATHS.hooks}/${stage}/10-test`, script, 0o755);
const worker = (script: string, more = '') =>
  machine.file(
    '/etc/systemd/system/worker.service',
    `[Service]\nExecStart=/bin/sh -c '${script}'\n${more}\n`,
  );

beforeAll(async () => {
  machine.install();
  await machine.boot();
});
afterAll(() => machine.remove());

describe('the guard under systemd', () => {
  beforeEach(() => {
    for (const stage of ['drain', 'save', 'clean']) hook(stage, '#!/bin/sh\n');
    machine.call('sh', '-c', `rm -rf ${PATHS.hooks}/*/10-test /root/seen`);
    machine.metadata({ tags: { 'spot-guard': 'enabled' } });
    if (stateOf(WATCH_UNIT) === 'active') machine.forget();
  });

  it('is not installed with a Python that others than root may change', () => {
    machine.call('sh', '-c', 'mkdir -m 777 /srv/py && ln -s /usr/bin/python3 /srv/py/python3');
    const { exit, out } = machine.call('/srv/py/python3', '-I', '-S', '/root/spot-guard.pyz', 'install');
    expect(exit).toBe(EXIT.failed);
    expect(out).toMatch(
      /would run \/srv\/py\/python3 as root, and others than root may change \/srv\/py \(mode 777\)\. .*such as \/usr\/bin\/python3/,
    );
    expect(machine.read(`${PATHS.units}/${WATCH_UNIT}`)).toBe('');
  });

  it('is installed by one command, and a second one finds nothing to do, in less than two seconds', () => {
    expect(machine.guard('install', '--defaults', 'drain-until=60,grace=4')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^installed /),
    });
    const started = Date.now();
    expect(machine.call('spot-guard', 'install', '--defaults', 'drain-until=60,grace=4').out).toMatch(
      /^up to date/,
    );
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(machine.call('spot-guard', 'status').out).toContain('drain-until=60, grace=4');
    expect(machine.call('spot-guard', 'check').out).toMatch(/^ok {4}units/m);
  });

  it('has units in which systemd itself finds no fault', () => {
    const verified = machine.call('sh', '-c', 'systemd-analyze verify /etc/systemd/system/spot-guard-*');
    expect(verified).toEqual({ exit: 0, out: '' });
  });

  it('watches without any privilege, protected from memory pressure', () => {
    const pid = pidOf(WATCH_UNIT);
    expect(
      machine.call('grep', '-h', 'CapEff\\|NoNewPrivs\\|Seccomp:', `/proc/${pid}/status`).out.split(/\s+/),
    ).toEqual(expect.arrayContaining(['0000000000000000', '1', '2']));
    // Not from /proc: a machine in a sandbox may not be allowed to lower it.
    expect(machine.call('systemctl', 'show', '-P', 'OOMScoreAdjust', WATCH_UNIT).out.trim()).toBe('-900');
  });

  it('is started again at once, however often it is killed', async () => {
    for (let kill = 0; kill < 12; kill += 1) {
      const before = pidOf(WATCH_UNIT);
      killHard(before);
      await until(() => ![0, before].includes(pidOf(WATCH_UNIT)));
    }
    await until(() => stateOf(WATCH_UNIT) === 'active');
  });

  it('runs the plan in a unit of its own, outside of the sandbox of its watcher, and outlives that', async () => {
    hook(
      'drain',
      '#!/bin/sh\nmkdir /root/seen\ncat /proc/self/cgroup >/root/seen/cgroup\ngrep CapEff /proc/self/status >/root/seen/caps\ntouch /usr/seen && sleep 3\ntouch /root/seen/done\n',
    );
    machine.announce('terminate', 30);
    await until(() => machine.read('/root/seen/caps') !== '');
    const unit = runUnit();
    expect(machine.call('systemctl', 'show', '-P', 'KillMode', unit).out.trim()).toBe('process');
    expect(machine.call('systemctl', 'show', '-P', 'OOMPolicy', unit).out.trim()).toBe('continue');
    machine.call('systemctl', 'stop', WATCH_UNIT);
    await until(() => machine.journal().includes('"ended"'));
    machine.call('systemctl', 'start', WATCH_UNIT);
    expect(machine.read('/root/seen/cgroup')).toContain(unit);
    expect(machine.read('/root/seen/caps')).not.toContain('0000000000000000');
    expect(machine.journal()).toContain('\\"result\\":\\"graceful\\"');
  });

  it('takes a run over within three seconds when its runner is killed, and keeps what had ended', async () => {
    hook(
      'drain',
      '#!/bin/sh\nmkdir -p /root/seen\necho $SPOT_GUARD_ATTEMPT >>/root/seen/attempts\n[ $SPOT_GUARD_ATTEMPT = 2 ] || sleep 60\n',
    );
    machine.announce('terminate', 40);
    await until(() => machine.read('/root/seen/attempts') === '1\n');
    killHard(pidOf(runUnit()));
    const killed = Date.now();
    await until(() => machine.read('/root/seen/attempts') === '1\n2\n');
    expect(Date.now() - killed).toBeLessThan(3_000);
    await until(() => machine.journal().includes('"ended"'));
  });

  it('runs the plan and keeps its whole journal though /run is full when the notice comes', async () => {
    hook('save', '#!/bin/sh\nmkdir -p /root/seen; touch /root/seen/saved\n');
    await until(() => machine.call('ls', `${PATHS.runs}/next/journal.jsonl.room`).exit === 0);
    machine.call('mount', '-o', 'remount,size=8M', '/run');
    machine.call('sh', '-c', 'cat /dev/zero >/run/filler');
    machine.announce('terminate', 40);
    await until(() => machine.journal().includes('"ended"'));
    machine.call('sh', '-c', 'rm /run/filler; mount -o remount,size=64M /run');
    expect(machine.call('ls', '/root/seen').out).toBe('saved\n');
    expect(machine.journal()).toContain('"stage": "save"');
  });

  it('does not start again without a pause what cannot be started', async () => {
    const guard = machine.call('readlink', '-f', PATHS.command).out.trim();
    machine.call('mv', guard, `${guard}.away`);
    machine.call('touch', PATHS.wanted);
    await until(() => stateOf('spot-guard-wanted.service') === 'failed');
    await until(() => machine.call('ls', PATHS.wanted).exit !== 0);
    machine.call('mv', `${guard}.away`, guard);
    machine.call('systemctl', 'reset-failed', 'spot-guard-wanted.service');
  });

  it('fails drain for a unit that systemd had to kill', async () => {
    worker('trap "" TERM; while :; do sleep 1; done', 'TimeoutStopSec=2');
    machine.call('systemctl', 'daemon-reload');
    machine.call('systemctl', 'start', 'worker');
    machine.metadata({ tags: { 'spot-guard': 'enabled', 'spot-guard:units': 'worker' } });
    machine.announce('terminate', 40);
    await until(() => machine.journal().includes('"ended"'));
    expect(machine.journal()).toContain(
      'did not stop within its TimeoutStopSec and was killed: worker.service',
    );
  });

  it('lets a workload answer by the path unit that the docs show', async () => {
    const [, units = ''] =
      /```text\n(# \/etc\/systemd\/system[\s\S]*?)```/.exec(readFileSync(DOCS, 'utf8')) ?? [];
    for (const part of units.split(/^# (?=\/etc)/m).slice(1)) {
      const [path = '', ...lines] = part.split('\n');
      machine.file(path, lines.join('\n'));
    }
    machine.file(
      '/usr/local/bin/save-trainer',
      '#!/bin/sh\nmkdir -p /root/seen; touch /root/seen/saved\n',
      0o755,
    );
    machine.call('systemctl', 'daemon-reload');
    machine.call('systemctl', 'enable', '--quiet', '--now', 'trainer-notice.path');
    machine.announce('terminate', 40);
    await until(() => machine.journal().includes('"ended"'));
    machine.call('systemctl', 'disable', '--quiet', '--now', 'trainer-notice.path', 'trainer-notice.service');
    expect(machine.journal()).toContain('\\"acknowledged\\":[\\"trainer\\"]');
    expect(machine.journal()).toContain('\\"result\\":\\"graceful\\"');
    expect(machine.call('ls', '/root/seen').out).toBe('saved\n');
  });

  it('outlives the unit of the agent whose step has started it', async () => {
    machine.call('systemctl', 'stop', WATCH_UNIT);
    hook('drain', '#!/bin/sh\nmkdir -p /root/seen; sleep 3; touch /root/seen/done\n');
    const deadline = Math.floor(Date.now() / 1000) + 40;
    const notices = Buffer.from(
      JSON.stringify({ [INSTANCE_ID]: { deadline, action: 'terminate', settings: {} } }),
    ).toString('base64url');
    for (const step of ['accept', 'drain']) {
      const script = document.mainSteps.find(({ name }) => name === step)?.inputs.runCommand.join('\n') ?? '';
      machine.file(
        `/root/${step}.sh`,
        script.replaceAll('{{ Notices }}', notices).replaceAll('{{ Reports }}', ''),
        0o700,
      );
    }
    // As the agent's own unit: KillMode=process, and what it runs is in its cgroup.
    const agent = [
      'systemd-run',
      '--unit=agent',
      '--quiet',
      '--property=KillMode=process',
      '--service-type=exec',
    ];
    machine.call(
      ...agent,
      `--setenv=AWS_SSM_INSTANCE_ID=${INSTANCE_ID}`,
      'sh',
      '-c',
      '/root/accept.sh && /root/drain.sh',
    );
    await until(() => machine.journal().includes('"taskRuns"'));
    expect(machine.call('systemctl', 'show', '-P', 'ControlGroup', runUnit()).out).toContain(
      'spot-guard-run-',
    );
    machine.call('systemctl', 'kill', '-s', 'KILL', 'agent');
    await until(() => machine.journal().includes('"ended"'));
    expect(machine.read('/root/seen/done') === '' && machine.call('ls', '/root/seen').out).toBe('done\n');
    machine.call('systemctl', 'start', WATCH_UNIT);
  });

  it('starts again what it stopped, when the notice is withdrawn', async () => {
    worker('while :; do sleep 1; done');
    machine.call('systemctl', 'daemon-reload');
    machine.call('systemctl', 'start', 'worker');
    machine.metadata({ tags: { 'spot-guard': 'enabled', 'spot-guard:units': 'worker' } });
    machine.announce('terminate', 60);
    await until(() => machine.journal().includes('"ended"'));
    expect(stateOf('worker')).not.toBe('active');
    machine.metadata({ withdraw: true });
    await until(() => stateOf('worker') === 'active');
    expect(machine.journal()).toContain('worker.service is started again');
  });

  it('starts again at the next boot what it stopped, though the unit is not enabled', async () => {
    machine.metadata({ tags: { 'spot-guard': 'enabled', 'spot-guard:units': 'worker' } });
    machine.call('systemctl', 'start', 'worker');
    machine.announce('stop', 40);
    await until(() => machine.journal().includes('"ended"'));
    expect(stateOf('worker')).not.toBe('active');
    await machine.reboot();
    await until(() => stateOf('worker') === 'active');
    expect(machine.read(PATHS.stopped)).toBe('');
  });

  it('is taken off in the middle of a plan, which ends as it began, and then leaves nothing', async () => {
    hook('drain', '#!/bin/sh\nmkdir -p /root/seen; until [ -e /root/seen/go ]; do sleep 0.1; done\n');
    machine.metadata({ tags: { 'spot-guard': 'enabled', 'spot-guard:units': 'worker' } });
    machine.call('systemctl', 'start', 'worker');
    machine.call('sh', '-c', 'spot-guard run --rehearse --window 60 >/root/rehearsal 2>&1 &');
    await until(() => machine.call('ls', '/root/seen').exit === 0);
    const uninstall = () => machine.call('spot-guard', 'uninstall').out;
    expect(uninstall()).toMatch(
      /^uninstalled: .*, from which the run \d+-rehearsal \(deadline [^)]+\) may still start tasks/,
    );
    machine.file('/root/seen/go', '');
    await until(() => /to spare; journal/.test(machine.read('/root/rehearsal')));
    expect(machine.read('/root/rehearsal')).toMatch(/worker\S* is started again\n(.*\n)*graceful, /);
    expect(uninstall()).toBe('uninstalled: hooks and settings in /etc/spot-guard stay\n');
    expect(machine.read(PATHS.command)).toBe('');
    expect(machine.guard('install').out).toMatch(/^installed /);
  });

  it('is taken off by one command, and leaves hooks alone', () => {
    hook('drain', '#!/bin/sh\n');
    expect(machine.call('spot-guard', 'uninstall').out).toMatch(/^uninstalled/);
    expect(
      machine.call('systemctl', 'list-units', '--all', '--plain', '--no-legend', 'spot-guard-*[!0-9].*').out,
    ).toBe('');
    expect(
      machine.call(
        'sh',
        '-c',
        `ls -d ${PATHS.library} ${PATHS.command} ${PATHS.units}/spot-guard-* 2>/dev/null`,
      ).out,
    ).toBe('');
    expect(machine.read(`${PATHS.hooks}/drain/10-test`)).toBe('#!/bin/sh\n');
    expect(machine.guard('uninstall').out).toBe('was not installed\n');
  });
});
