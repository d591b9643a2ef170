// Once: two commands are one run, and a runner that is killed is followed by another.
import { describe, expect, it } from 'vitest';
import { PATHS } from '../../contract/instance.ts';
import { exits, GRACEFUL, INSTANCE_ID, on, reportOf, until } from './machine.ts';
import { installed, withService } from './served.ts';

describe.concurrent('once', { timeout: 40_000 }, () => {
  it(
    'runs each hook once though two commands bring the notice, and both report the same',
    on(async (machine) => {
      machine.hook('drain', 'count', `#!/bin/sh\necho x >> ${machine.root}/count; sleep 0.7\n`);
      const notices = machine.notices(10);
      const [first, second] = await Promise.all([machine.run(notices), machine.run(notices)]);
      expect(exits(first)).toEqual(GRACEFUL);
      expect(exits(second)).toEqual(GRACEFUL);
      expect(machine.read('/count')).toBe('x\n');
      expect(first.at(-1)?.stdout).toBe(second.at(-1)?.stdout);
      expect(
        [first[1]?.stdout, second[1]?.stdout].filter((out) => out?.includes('joined the run')),
      ).toHaveLength(1);
    }),
  );

  it(
    'takes a command whose deadline lies some seconds off for the same notice',
    on(async (machine) => {
      machine.hook('drain', 'count', `#!/bin/sh\necho x >> ${machine.root}/count\n`);
      await Promise.all([machine.run(machine.notices(10)), machine.run(machine.notices(14))]);
      await machine.run(machine.notices(8));
      expect(machine.read('/count')).toBe('x\n');
    }),
  );

  it(
    'shows workloads the earlier deadline when a command brings one',
    on(async (machine) => {
      machine.hook('drain', 'wait', `#!/bin/sh\nuntil [ -e ${machine.root}/on ]; do sleep 0.1; done\n`);
      const shown = () => Number(/"deadline": (\d+)/.exec(machine.read(PATHS.notice))?.[1]);
      const earlier = machine.notices(15); // of the same moment, however long the first takes to begin
      const first = machine.run(machine.notices(25));
      await until(() => machine.exists(PATHS.notice));
      const [before, second] = [shown(), machine.run(earlier)];
      await until(() => shown() !== before);
      expect(before - shown()).toBeGreaterThanOrEqual(9);
      machine.file('/on', '');
      await Promise.all([first, second]);
    }),
  );

  it(
    'is not begun after its deadline, when systemd is asked for something else',
    withService(async (machine, metadata) => {
      installed(machine);
      const deadline = Math.floor(Date.now() / 1000) - 30;
      const notice = { instance_id: INSTANCE_ID, action: 'terminate', deadline, settings: {} };
      const dead = `${PATHS.runs}/${deadline}`;
      machine.file(`${dead}/notice`, JSON.stringify({ ...notice, event: 'interruption', token: 'x' }));
      machine.file(`${dead}/unfinished`, '');
      const stopped = { deadline, units: ['worker'], systemctl: `${machine.root}/bin/systemctl` };
      machine.file(
        PATHS.stopped,
        JSON.stringify({ ...stopped, containers: [], engine: '', boot: 'another', at: 0, tries: 0 }),
      );
      expect(await machine.call(['start-wanted'], metadata.url)).toMatchObject({ exit: 0 });
      await until(() => !machine.exists(PATHS.stopped));
      expect(machine.read('/calls')).toBe('start -- worker\n');
      expect(machine.journal()).toEqual([]);
      expect(machine.exists(`${dead}/lock`)).toBe(false);
    }),
  );

  it(
    'is taken over when the runner is killed: what had ended is kept, what ran starts again',
    on(async (machine) => {
      machine.hook(
        'drain',
        '10-done',
        `#!/bin/sh\necho done-$SPOT_GUARD_ATTEMPT >> ${machine.root}/log; touch ${machine.root}/run/spot-guard/acknowledged/me\n`,
      );
      machine.hook('save', 'first', `#!/bin/sh\necho save-$SPOT_GUARD_ATTEMPT >> ${machine.root}/log\n`);
      machine.hook(
        'drain',
        '20-slow',
        `#!/bin/sh\necho slow-$SPOT_GUARD_ATTEMPT >> ${machine.root}/log\n[ $SPOT_GUARD_ATTEMPT = 2 ] || sleep 30\n`,
      );
      const running = machine.run(machine.notices(15));
      await until(() => machine.exists('/log') && machine.read('/log').includes('slow-1'));
      const killed = Date.now();
      for (const pid of machine.processes('run\0')) process.kill(pid, 'SIGKILL');
      const ends = await running;
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(machine.read('/log').trim().split('\n')).toEqual(['done-1', 'slow-1', 'slow-2', 'save-1']);
      expect(reportOf(ends)).toMatchObject({ attempt: 2, acknowledged: ['me'] });
      const taken = machine.journal().find(({ phase }) => phase === 'takenOver');
      expect((taken?.t ?? 0) * 1000 - killed).toBeLessThan(3_000);
      const started = machine.journal().find(({ phase }) => phase === 'started');
      expect([taken?.ends, taken?.deadline]).toEqual([started?.ends, started?.deadline]);
    }),
  );

  it(
    'ends what the killed runner had running, whatever became of its leader, before it starts it again',
    on(async (machine) => {
      machine.file(
        '/worker',
        `#!/bin/bash\ntrap "" TERM\nwhile :; do echo x >> ${machine.root}/beats-$1; sleep 0.05; done\n`,
        0o755,
      );
      machine.hook(
        'drain',
        'slow',
        `#!/bin/bash\nn=$SPOT_GUARD_ATTEMPT\nif [ $n = 1 ]; then setsid ${machine.root}/worker 1 & sleep 30; fi\n` +
          `wc -l < ${machine.root}/beats-1 > ${machine.root}/before; sleep 0.5; wc -l < ${machine.root}/beats-1 > ${machine.root}/after\n`,
      );
      const running = machine.run(machine.notices(15));
      await until(() => machine.exists('/beats-1'));
      for (const pid of [...machine.processes('run\0'), ...machine.processes('/drain/slow')])
        process.kill(pid, 'SIGKILL');
      expect(exits(await running)).toEqual(GRACEFUL);
      expect(machine.read('/after')).toBe(machine.read('/before'));
    }),
  );

  it(
    'ends a hook that cleared its environment before it starts it again',
    on(async (machine) => {
      machine.file(
        '/worker',
        `#!/bin/bash\nwhile :; do echo x >> ${machine.root}/beats; sleep 0.05; done\n`,
        0o755,
      );
      machine.hook(
        'drain',
        'slow',
        `#!/bin/bash\n[ $SPOT_GUARD_ATTEMPT = 2 ] || exec env -i PATH="$PATH" SPOT_GUARD_ROOT=${machine.root} ${machine.root}/worker\n` +
          `wc -l < ${machine.root}/beats > ${machine.root}/before; sleep 0.5; wc -l < ${machine.root}/beats > ${machine.root}/after\n`,
      );
      const running = machine.run(machine.notices(15));
      await until(() => machine.exists('/beats'));
      for (const pid of machine.processes('run\0')) process.kill(pid, 'SIGKILL');
      expect(exits(await running)).toEqual(GRACEFUL);
      expect(machine.read('/after')).toBe(machine.read('/before'));
    }),
  );

  it(
    'leaves what an ended hook had left in the background its time, though the runner is killed',
    on(async (machine) => {
      machine.hook('drain', '10-leaver', `#!/bin/sh\n(sleep 4; touch ${machine.root}/finished) &\n`);
      machine.hook('drain', '20-slow', '#!/bin/sh\n[ $SPOT_GUARD_ATTEMPT = 2 ] || sleep 30\n');
      const running = machine.run(machine.notices(15));
      await until(() =>
        machine.journal().some(({ phase, task }) => phase === 'taskStarted' && task === '20-slow'),
      );
      for (const pid of machine.processes('run\0')) process.kill(pid, 'SIGKILL');
      expect(exits(await running)).toEqual(GRACEFUL);
      expect(machine.exists('/finished')).toBe(true);
    }),
  );

  it(
    'is taken over as often as it takes, up to the deadline',
    on(async (machine) => {
      machine.hook('drain', 'killer', '#!/bin/sh\n[ $SPOT_GUARD_ATTEMPT = 4 ] || kill -9 $PPID\n');
      const ends = await machine.run(machine.notices(30));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(reportOf(ends).attempt).toBe(4);
    }),
  );

  it(
    'lives on when the step that started it is killed',
    on(async (machine) => {
      machine.hook('drain', 'slow', '#!/bin/sh\nsleep 1\n');
      const notices = machine.notices(12);
      await machine.step('accept', notices);
      const drain = machine.step('drain', notices);
      await until(() => machine.journal().some(({ phase }) => phase === 'taskStarted'));
      machine.killStep('drain');
      await drain;
      const report = await machine.step('report', notices);
      expect(JSON.parse(report.stdout)).toMatchObject({ result: 'graceful', attempt: 1 });
    }),
  );
});
