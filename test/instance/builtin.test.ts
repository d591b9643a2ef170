// What the guard does by tags alone: units, containers, the log agent; and how it leaves its caller under systemd.
import { describe, expect, it } from 'vitest';
import { exits, type Machine, on, reportOf } from './machine.ts';

/** A machine with systemd whose tools write down how they are called. */
function withSystemd(machine: Machine, systemctl = 'exit 0', systemdRun = 'exit 1'): void {
  machine.file('/run/systemd/system/.keep', '');
  const note = (name: string) => `#!/bin/sh\necho "${name} $*" >> ${machine.root}/calls\n`;
  machine.tool('systemctl', `${note('systemctl')}${systemctl}\n`);
  machine.tool('systemd-run', `${note('systemd-run')}${systemdRun}\n`);
  machine.tool('docker', `${note('docker')}exit 0\n`);
}
const calls = (machine: Machine) => machine.read('/calls').trim().split('\n');

describe.concurrent('what tags name', { timeout: 40_000 }, () => {
  it(
    'is stopped after the hooks of drain: units and containers, with the time that is left',
    on(async (machine) => {
      withSystemd(machine);
      machine.hook('drain', 'h', `#!/bin/sh\necho hook >> ${machine.root}/calls\n`);
      const ends = await machine.run(
        machine.notices(20, 'terminate', { units: 'worker web.service', containers: 'db' }),
      );
      expect(exits(ends)).toEqual(['accept 0', 'drain 0', 'save 0', 'clean 0', 'report 0']);
      const [, hook, ...stops] = calls(machine);
      expect(hook).toBe('hook');
      expect(stops).toContain('systemctl stop -- worker web.service');
      const docker = stops.find((call) => call.startsWith('docker stop'));
      const [, seconds] = docker?.match(/^docker stop -t (\d+) db$/) ?? [];
      expect(Number(seconds)).toBeGreaterThan(3);
      expect(Number(seconds)).toBeLessThan(12);
    }),
  );

  it(
    'is killed at the end of drain where it does not stop, and the stage has run over',
    on(async (machine) => {
      withSystemd(
        machine,
        `[ "$1" = kill ] && touch ${machine.root}/killed\n[ "$1" = stop ] && while [ ! -e ${machine.root}/killed ]; do sleep 0.1; done; exit 0`,
      );
      const ends = await machine.run(machine.notices(8, 'terminate', { units: 'deaf' }));
      expect(ends[1]?.exit).toBe(21);
      expect(calls(machine)).toContain('systemctl kill --signal=SIGKILL -- deaf');
      expect(reportOf(ends).tasks[0]).toMatchObject({
        name: 'tag:units',
        note: "ended at the stage's moment",
      });
    }),
  );

  it(
    'is told in the common way where the engine is not there any more to kill it',
    on(async (machine) => {
      withSystemd(machine);
      machine.tool('docker', '#!/bin/sh\nrm "$0"\nexec sleep 60\n');
      const ends = await machine.run(machine.notices(9, 'terminate', { containers: 'db' }));
      expect(exits(ends)).toEqual(['accept 0', 'drain 21', 'save 0', 'clean 0', 'report 0']);
      expect(reportOf(ends)).toMatchObject({ attempt: 1, tasks: [{ name: 'tag:containers' }] });
    }),
  );

  it(
    'has failed where systemd or the engine killed it, though both call that a success',
    on(async (machine) => {
      withSystemd(
        machine,
        `case "$2" in
*ActiveState) printf 'Id=web.service\\nActiveState=active\\n\\nId=deaf.service\\nActiveState=active\\n\\nId=long-failed.service\\nActiveState=failed\\n' ;;
*Result) printf 'Id=web.service\\nResult=success\\n\\nId=deaf.service\\nResult=timeout\\n\\nId=long-failed.service\\nResult=timeout\\n' ;;
esac`,
      );
      machine.tool('docker', `#!/bin/sh\nsleep "$3"\n`);
      const ends = await machine.run(
        machine.notices(12, 'terminate', { units: 'web deaf long-failed', containers: 'db' }),
      );
      expect(ends[1]?.exit).toBe(20);
      const notes = Object.fromEntries(reportOf(ends).tasks.map(({ name, note }) => [name, note]));
      expect(notes['tag:units']).toBe('did not stop within its TimeoutStopSec and was killed: deaf.service');
      expect(notes['tag:containers']).toMatch(/^did not stop within \d s and was killed: one of db$/);
    }),
  );

  it(
    'has failed where systemd does not say how it ended',
    on(async (machine) => {
      withSystemd(machine, '[ "$1" != show ]');
      const ends = await machine.run(machine.notices(8, 'terminate', { units: 'worker' }));
      expect(calls(machine)).toContain('systemctl stop -- worker');
      expect(ends[1]?.exit).toBe(20);
      expect(reportOf(ends).tasks[0]?.note).toContain('systemd does not say');
    }),
  );

  it(
    'keeps a third of drain from hooks that hang, and tells the hooks so',
    on(async (machine) => {
      withSystemd(machine);
      machine.hook(
        'drain',
        'h',
        `#!/bin/bash\necho "$SPOT_GUARD_STAGE_END" > ${machine.root}/end\nsleep 60\n`,
      );
      const ends = await machine.run(machine.notices(9, 'terminate', { units: 'worker' }));
      expect(calls(machine)).toContain('systemctl stop -- worker');
      const { tasks, stages } = reportOf(ends);
      expect(tasks.find(({ name }) => name === 'tag:units')?.exit).toBe(0);
      const { started = 0, until = 0 } = stages[0] ?? {};
      expect((Number(machine.read('/end')) - started) / (until - started)).toBeCloseTo(2 / 3, 1);
    }),
  );

  it(
    'never reaches a shell, nor another unit, where it is hostile',
    on(async (machine) => {
      withSystemd(machine);
      const hostile = {
        units: '$(reboot) --all ;reboot `id` worker',
        containers: '--all $(id)',
        workload: '$(id) x',
      };
      const ends = await machine.run(machine.notices(10, 'terminate', hostile));
      expect(ends[1]?.exit).toBe(20);
      expect(calls(machine).filter((call) => !call.startsWith('systemd-run'))).toEqual([
        'systemctl show --property=Id,ActiveState -- worker',
        'systemctl stop -- worker',
        'systemctl show --property=Id,Result -- worker',
      ]);
      expect(reportOf(ends).refused.join(' ')).toContain('$(reboot): not the name of a systemd unit');
    }),
  );

  it(
    'fails with the reason where the machine has no systemd or no container engine',
    on(async (machine) => {
      for (const tool of ['docker', 'podman', 'nerdctl']) machine.file(`/bin/${tool}`, '', 0o644);
      machine.prelude = `PATH=${machine.root}/bin:/usr/bin:/bin; export PATH; `;
      const ends = await machine.run(machine.notices(8, 'terminate', { units: 'worker' }));
      expect(reportOf(ends).tasks[0]?.note).toBe('there is no systemd on this machine to stop units with');
    }),
  );
});

describe.concurrent('the CloudWatch agent', { timeout: 40_000 }, () => {
  it(
    'is stopped last, after the hooks of clean, and is not taken for work',
    on(async (machine) => {
      withSystemd(machine);
      machine.file('/etc/systemd/system/amazon-cloudwatch-agent.service', '');
      const ends = await machine.run(machine.notices(8));
      expect(calls(machine).at(-1)).toBe('systemctl stop -- amazon-cloudwatch-agent.service');
      expect(reportOf(ends)).toMatchObject({
        result: 'empty',
        tasks: [{ stage: 'clean', name: 'guard:flush-logs' }],
      });
    }),
  );
});

describe.concurrent('under systemd', { timeout: 40_000 }, () => {
  it(
    'the plan runs in a transient unit named after the run, with nothing of the caller',
    on(async (machine) => {
      const run =
        'while [ "$1" != -- ]; do shift; done; shift\nPATH=$PATH setsid "$@" </dev/null >/dev/null 2>&1 &\n';
      withSystemd(machine, 'exit 0', run);
      machine.hook('drain', 'h', '#!/bin/sh\n');
      const ends = await machine.run(machine.notices(8));
      expect(exits(ends)).toEqual(['accept 0', 'drain 0', 'save 0', 'clean 0', 'report 0']);
      const [call] = calls(machine);
      expect(call).toMatch(
        /^systemd-run --unit=spot-guard-run-\d+ --collect --quiet --property=KillMode=process --property=OOMPolicy=continue --property=TasksMax=infinity /,
      );
      expect(call).toMatch(/ -- \S*python3\S* -I -S \S+\.pyz run \S+$/);
    }),
  );

  it(
    'the plan runs all the same where its unit comes to nothing',
    on(async (machine) => {
      withSystemd(machine, 'exit 0', 'exit 0');
      machine.hook('drain', 'h', '#!/bin/sh\n');
      const ends = await machine.run(machine.notices(15));
      expect(exits(ends)).toEqual(['accept 0', 'drain 0', 'save 0', 'clean 0', 'report 0']);
      expect(calls(machine).filter((call) => call.startsWith('systemd-run'))).toHaveLength(1);
    }),
  );

  it(
    'the plan runs all the same where no manager answers',
    on(async (machine) => {
      withSystemd(machine, 'exit 0', 'exec sleep 60');
      machine.hook('drain', 'h', '#!/bin/sh\n');
      const ends = await machine.run(machine.notices(15));
      expect(exits(ends)).toEqual(['accept 0', 'drain 0', 'save 0', 'clean 0', 'report 0']);
    }),
  );
});
