// The document's steps as built, run as the agent runs them: what the guard does on a machine.
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPORT_MAX_CHARS } from '../../contract/report.ts';
import { encode, exits, INSTANCE_ID, type Machine, on, reportOf, until } from './machine.ts';

const GRACEFUL = ['accept 0', 'drain 0', 'save 0', 'clean 0', 'report 0'];

describe.concurrent('the plan', { timeout: 40_000 }, () => {
  it(
    'runs hooks in name order, stage by stage, and reports graceful',
    on(async (machine) => {
      for (const [stage, name] of [
        ['drain', '20-b'],
        ['drain', '10-a'],
        ['save', 'x.sh'],
        ['clean', 'y'],
      ] as const) {
        machine.hook(stage, name, `#!/bin/sh\necho ${stage}/${name} >> ${machine.root}/order\n`);
      }
      const ends = await machine.run(machine.notices(10));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(machine.read('/order').trim().split('\n')).toEqual([
        'drain/10-a',
        'drain/20-b',
        'save/x.sh',
        'clean/y',
      ]);
      const report = reportOf(ends);
      expect(report).toMatchObject({ version: 1, instanceId: INSTANCE_ID, result: 'graceful', attempt: 1 });
      expect(report.stages.map(({ name }) => name)).toEqual(['drain', 'save', 'clean', 'report']);
      expect(ends.map(({ stderr }) => stderr).join('')).toBe('');
    }),
  );

  it(
    'gives hooks the notice in their environment and nothing of the caller',
    on(async (machine) => {
      machine.hook('save', 'look', `#!/bin/sh\nenv > ${machine.root}/env; pwd > ${machine.root}/cwd\n`);
      await machine.run(machine.notices(8, 'stop', { state: '/srv/state', workload: 'train-42' }));
      const env = Object.fromEntries(
        machine
          .read('/env')
          .trim()
          .split('\n')
          .map((line) => line.split(/=(.*)/)),
      );
      expect(env).toMatchObject({
        SPOT_GUARD_EVENT: 'interruption',
        SPOT_GUARD_ACTION: 'stop',
        SPOT_GUARD_INSTANCE_ID: INSTANCE_ID,
        SPOT_GUARD_STAGE: 'save',
        SPOT_GUARD_STATE: '/srv/state',
        SPOT_GUARD_WORKLOAD: 'train-42',
        SPOT_GUARD_ATTEMPT: '1',
      });
      expect(Date.parse(env.SPOT_GUARD_DEADLINE) / 1000).toBe(Number(env.SPOT_GUARD_DEADLINE_EPOCH));
      expect(Number(env.SPOT_GUARD_STAGE_END)).toBeLessThan(Number(env.SPOT_GUARD_DEADLINE_EPOCH));
      expect(Object.keys(env).filter((name) => /^(HOME|USER|SSM_|AWS_|npm_)/.test(name))).toEqual([]);
      expect(machine.read('/cwd').trim()).toBe('/');
    }),
  );

  it(
    'does not take an acknowledgement of an earlier notice for one of this',
    on(async (machine) => {
      machine.file('/run/spot-guard/acknowledged/old', '');
      const ends = await machine.run(machine.notices(8));
      expect(reportOf(ends)).toMatchObject({ result: 'empty', acknowledged: [] });
    }),
  );

  it(
    'publishes the notice file before the first hook, readable by all',
    on(async (machine) => {
      machine.hook(
        'drain',
        'look',
        `#!/bin/sh\ncat ${machine.root}/run/spot-guard/notice.json\ntouch ${machine.root}/run/spot-guard/acknowledged/trainer\n`,
      );
      const ends = await machine.run(machine.notices(8));
      const notice = JSON.parse(machine.read('/run/spot-guard/notice.json'));
      expect(notice).toMatchObject({ action: 'terminate', instanceId: INSTANCE_ID });
      expect(Date.parse(notice.time) / 1000).toBe(notice.deadline);
      expect(reportOf(ends).acknowledged).toEqual(['trainer']);
    }),
  );

  it(
    'is empty where nothing is set up to be done',
    on(async (machine) => {
      const ends = await machine.run(machine.notices(8));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(reportOf(ends).result).toBe('empty');
    }),
  );

  it(
    'goes on after a hook that fails, and fails its stage alone',
    on(async (machine) => {
      machine.hook('drain', '10-bad', '#!/bin/sh\necho "queue not reachable" >&2\nexit 3\n');
      machine.hook('drain', '20-good', '#!/bin/sh\n');
      machine.hook('save', 'nothing', '#!/bin/sh\nexit 75\n');
      const ends = await machine.run(machine.notices(8));
      expect(exits(ends)).toEqual(['accept 0', 'drain 20', 'save 0', 'clean 0', 'report 0']);
      expect(reportOf(ends)).toMatchObject({ result: 'failed' });
      expect(reportOf(ends).tasks).toMatchObject([
        { name: '10-bad', exit: 3, note: 'queue not reachable' },
        { name: '20-good', exit: 0 },
        { name: 'nothing', exit: 75 },
      ]);
    }),
  );

  it.each([
    ['137', 'kill -9 $$'],
    ['137', 'exit 137'],
    ['168', 'exit 168'],
    ['169', 'exit 169'],
    ['194', 'exit 194'],
  ])('never hands the agent a hook code of %s (%s)', async (code, body) => {
    await on(async (machine) => {
      machine.hook('drain', 'odd', `#!/bin/sh\n${body}\n`);
      const ends = await machine.run(machine.notices(8));
      expect(exits(ends)).toEqual(['accept 0', 'drain 20', 'save 0', 'clean 0', 'report 0']);
      expect(reportOf(ends).tasks[0]?.exit).toBe(Number(code));
    })();
  });

  it(
    'tells a hook that is in the way to end, and takes its word for it',
    on(async (machine) => {
      machine.hook(
        'drain',
        'wrap-up',
        '#!/bin/bash\ntrap "echo wrapped; exit 0" TERM\nwhile :; do sleep 0.1; done\n',
      );
      const ends = await machine.run(machine.notices(8));
      expect(exits(ends)).toEqual(GRACEFUL);
    }),
  );

  it(
    'ends a stage that runs over at its moment, with all that it forked, and writes the report in time',
    on(async (machine) => {
      machine.hook(
        'drain',
        'deaf',
        `#!/usr/bin/env python3
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            while True:
                time.sleep(1)
        break
while True:
    time.sleep(1)
`,
      );
      machine.hook('save', 'save', `#!/bin/sh\necho saved > ${machine.root}/saved\n`);
      const notices = machine.notices(9);
      const ends = await machine.run(notices);
      expect(exits(ends)).toEqual(['accept 0', 'drain 21', 'save 0', 'clean 0', 'report 0']);
      const report = reportOf(ends);
      const drain = report.stages[0];
      expect(Math.abs((drain?.ended ?? 0) - (drain?.until ?? 0))).toBeLessThan(1);
      expect(report.tasks[0]).toMatchObject({
        name: 'deaf',
        note: expect.stringContaining("ended at the stage's moment"),
      });
      expect(machine.read('/saved').trim()).toBe('saved');
      expect(report.deadline - (ends.at(-1)?.ended ?? 0)).toBeGreaterThan(2);
    }),
  );

  it(
    'writes the report two seconds before the deadline though every stage runs over',
    on(async (machine) => {
      for (const stage of ['drain', 'save', 'clean']) {
        machine.hook(
          stage,
          'deaf',
          '#!/bin/bash\ntrap "" TERM\n(trap "" TERM; setsid sleep 60) &\nwhile :; do sleep 1; done\n',
        );
      }
      const ends = await machine.run(machine.notices(9));
      expect(exits(ends)).toEqual(['accept 0', 'drain 21', 'save 21', 'clean 21', 'report 0']);
      expect(reportOf(ends).deadline - (ends.at(-1)?.ended ?? 0)).toBeGreaterThan(2);
    }),
  );

  it(
    'does not wait for what a hook leaves in the background, and ends it before the report',
    on(async (machine) => {
      machine.hook(
        'drain',
        'leaver',
        `#!/bin/sh\n(sleep 60; echo never) &\nsetsid sh -c 'trap "" TERM; while :; do sleep 1; done' &\n`,
      );
      const ends = await machine.run(machine.notices(10));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(machine.journal().find(({ phase }) => phase === 'warning')?.note).toMatch(
        /left in the background was ended: \d/,
      );
      expect(reportOf(ends).secondsToSpare).toBeGreaterThan(4);
    }),
  );

  it(
    'bounds what a flood of output costs',
    on(async (machine) => {
      machine.hook(
        'drain',
        'flood',
        '#!/bin/sh\nhead -c 20000000 /dev/zero | tr "\\0" "x"; echo; echo last words; exit 1\n',
      );
      const ends = await machine.run(machine.notices(10));
      expect(ends[1]?.exit).toBe(20);
      expect(ends.every(({ stdout }) => stdout.length <= REPORT_MAX_CHARS + 1)).toBe(true);
      expect(reportOf(ends).tasks[0]?.note).toBe('last words');
      const [run] = machine.journal();
      expect(run).toBeDefined();
    }),
  );

  it(
    'runs at hibernation only the hooks that ask for it',
    on(async (machine) => {
      machine.hook('drain', '10-stop', `#!/bin/sh\ntouch ${machine.root}/stopped\n`);
      machine.hook('save', '10-flush.hibernate', `#!/bin/sh\ntouch ${machine.root}/flushed\n`);
      const ends = await machine.run(machine.notices(8, 'hibernate', { units: 'worker' }));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect([machine.exists('/stopped'), machine.exists('/flushed')]).toEqual([false, true]);
    }),
  );
});

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
      'the interpreter in its first line',
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
  ] as const)('fails with the reason where it %s', async (_, prepare, reason) => {
    await on(async (machine) => {
      prepare(machine);
      const ends = await machine.run(machine.notices(8));
      expect(ends[1]?.exit).toBe(20);
      expect(reportOf(ends).result).toBe('failed');
      expect(reportOf(ends).tasks[0]?.note).toContain(reason);
    })();
  });

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
    'is taken over when the runner is killed: what had ended is kept, what ran starts again',
    on(async (machine) => {
      machine.hook('drain', '10-done', `#!/bin/sh\necho done-$SPOT_GUARD_ATTEMPT >> ${machine.root}/log\n`);
      machine.hook(
        'drain',
        '20-slow',
        `#!/bin/sh\necho slow-$SPOT_GUARD_ATTEMPT >> ${machine.root}/log\n[ $SPOT_GUARD_ATTEMPT = 2 ] || sleep 30\n`,
      );
      const running = machine.run(machine.notices(15));
      await until(() =>
        machine.journal().some(({ phase, task }) => phase === 'taskStarted' && task === '20-slow'),
      );
      const killed = Date.now();
      for (const pid of machine.processes('run\0')) process.kill(pid, 'SIGKILL');
      const ends = await running;
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(machine.read('/log').trim().split('\n')).toEqual(['done-1', 'slow-1', 'slow-2']);
      expect(reportOf(ends).attempt).toBe(2);
      const taken = machine.journal().find(({ phase }) => phase === 'takenOver');
      expect((taken?.t ?? 0) * 1000 - killed).toBeLessThan(3_000);
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

  it(
    'ends nothing when the machine has slept through its deadline',
    on(async (machine) => {
      machine.hook(
        'drain',
        'long',
        `#!/bin/sh\ntrap "echo told >> ${machine.root}/told" TERM\nsleep 8; touch ${machine.root}/finished\n`,
      );
      const running = machine.run(machine.notices(6));
      await until(() => machine.journal().some(({ phase }) => phase === 'taskStarted'));
      const [runner] = machine.processes('run\0');
      process.kill(runner ?? 0, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 7_000)); // the sleep itself is what is tested
      process.kill(runner ?? 0, 'SIGCONT');
      await running;
      await until(() => machine.exists('/finished'));
      expect(machine.exists('/told')).toBe(false);
      expect(machine.journal().some(({ phase }) => phase === 'thawed')).toBe(true);
      await until(() => machine.processes().length === 0);
    }),
  );
});

describe.concurrent('what is refused', { timeout: 40_000 }, () => {
  it(
    'is a deadline that has passed: nothing runs',
    on(async (machine) => {
      machine.hook('drain', 'h', `#!/bin/sh\ntouch ${machine.root}/ran\n`);
      const ends = await machine.run(machine.notices(-3));
      expect(exits(ends)).toEqual(['accept 169']);
      expect(ends[0]?.stdout).toMatch(/^refused: the deadline passed \d s ago/);
      expect(machine.exists('/ran')).toBe(false);
    }),
  );

  it(
    'is a command that was meant for others',
    on(async (machine) => {
      const other = encode({
        'i-0fedcba9876543210': { deadline: 1_900_000_000, action: 'stop', settings: {} },
      });
      const end = await machine.step('accept', other);
      expect(end).toMatchObject({
        exit: 169,
        stdout: expect.stringContaining('refused: Notices has no entry for'),
      });
    }),
  );

  it(
    'is a parameter that is no map of notices, by every step, without 169 but from accept',
    on(async (machine) => {
      await machine.step('accept', machine.notices(8));
      for (const step of ['accept', 'drain', 'save', 'clean', 'report'] as const) {
        const end = await machine.step(step, 'bm90LWpzb24');
        expect([step, end.exit]).toEqual([step, step === 'accept' ? 169 : 23]);
        expect(end.stdout).toContain('refused: Notices is not base64url of JSON');
      }
    }),
  );

  it(
    'is a machine without Python, in words',
    on(async (machine) => {
      machine.prelude = `PATH=${machine.root}/only; export PATH; `;
      mkdirSync(join(machine.root, 'only'));
      const end = await machine.step('accept', machine.notices(8));
      expect(end).toMatchObject({ exit: 169, stdout: expect.stringContaining('no python3 on this machine') });
    }),
  );
});

describe.concurrent('a disk that is full or read-only', { timeout: 40_000 }, () => {
  it(
    'is refused in words where the guard cannot be put in place',
    on(async (machine) => {
      machine.file('/run/spot-guard', 'in the way');
      const end = await machine.step('accept', machine.notices(8));
      expect(end).toMatchObject({
        exit: 169,
        stdout: expect.stringMatching(/refused: .*run\/spot-guard cannot be made/),
      });
      expect(machine.read('/run/spot-guard')).toBe('in the way');
    }),
  );

  it(
    'is refused in words where the guard arrives torn, and no torn guard is left',
    on(async (machine) => {
      machine.prelude = 'ulimit -f 8; ';
      const end = await machine.step('accept', machine.notices(8));
      expect(end).toMatchObject({ exit: 169, stdout: expect.stringContaining('could not be written whole') });
      expect(machine.exists('/run/spot-guard/guard')).toBe(false);
    }),
  );

  it(
    'does not stop a plan whose journal has no room, nor make it run twice',
    on(async (machine) => {
      machine.hook('drain', 'a', `#!/bin/sh\necho x >> ${machine.root}/count\n`);
      machine.hook('save', 'b', `#!/bin/sh\necho saved > ${machine.root}/saved\n`);
      const notices = machine.notices(10);
      await machine.step('accept', notices);
      machine.prelude = 'ulimit -f 1; '; // 512 bytes or 1 KiB a file: the journal ends early
      const drain = await machine.step('drain', notices);
      expect(drain.exit === 0 || drain.exit === 23).toBe(true);
      const save = await machine.step('save', notices);
      expect(save).toMatchObject({
        exit: 23,
        stdout: expect.stringContaining('its journal could not be written'),
      });
      expect(machine.read('/count')).toBe('x\n');
      expect(machine.read('/saved')).toBe('saved\n');
    }),
  );
});
