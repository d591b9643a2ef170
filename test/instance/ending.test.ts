// What runs over is ended at its moment, with all that it has started; what is left behind has until the end of clean.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { exits, GRACEFUL, on, reportOf, until } from './machine.ts';

/** A reserve of 8 of 16 s: three starts of a step follow the plan, and take seconds beside other tests. */
const EARLY = { 'drain-until': '100', 'save-until': '80', 'clean-until': '60' };

/** Whether this user may shield a process from the kernel's out-of-memory killer: root outside a container. */
const mayShield = spawnSync('sh', ['-c', 'echo -900 > /proc/self/oom_score_adj']).status === 0;

describe.concurrent('what does not end by itself', { timeout: 40_000 }, () => {
  it(
    'tells a hook that is in the way to end, and takes its word for it',
    on(async (machine) => {
      machine.hook('drain', 'wrap-up', '#!/bin/bash\ntrap "echo wrapped; exit 0" TERM\nsleep 60 & wait\n');
      const ends = await machine.run(machine.notices(8));
      expect(exits(ends)).toEqual(GRACEFUL);
    }),
  );

  it(
    'gives all that a hook has started its SIGTERM, once, and the time up to the end of the stage',
    on(async (machine) => {
      // The hook itself goes at once; a child in its group and one in a session of its own still save. Their own sleep may
      // have its SIGTERM a moment before them.
      const child = (name: string) =>
        `trap 'echo ${name} >> ${machine.root}/told; sleep 0.7; touch ${machine.root}/${name}.saved; exit' TERM; sleep 60 & wait; sleep 0.3`;
      machine.file('/near', `#!/bin/bash\n${child('near')}\n`, 0o755);
      machine.file('/far', `#!/bin/bash\n${child('far')}\n`, 0o755);
      machine.hook(
        'drain',
        'leader',
        `#!/bin/bash\n${machine.root}/near &\nsetsid ${machine.root}/far &\ntrap 'echo leader >> ${machine.root}/told; exit 0' TERM\nwait\n`,
      );
      const ends = await machine.run(machine.notices(20));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(machine.read('/told').trim().split('\n').sort()).toEqual(['far', 'leader', 'near']);
      expect([machine.exists('/near.saved'), machine.exists('/far.saved')]).toEqual([true, true]);
      expect(reportOf(ends).leftovers).toBe(0);
    }),
  );

  it(
    'has run over where the hook itself ends when told, but not all that it has started',
    on(async (machine) => {
      machine.hook(
        'drain',
        'leader',
        `#!/bin/bash\nsetsid bash -c 'trap "" TERM; sleep 60' &\ntrap 'exit 0' TERM\nwait\n`,
      );
      const ends = await machine.run(machine.notices(9));
      expect(exits(ends)).toEqual(['accept 0', 'drain 21', 'save 0', 'clean 0', 'report 0']);
      expect(reportOf(ends).leftovers).toBe(0);
    }),
  );

  it.runIf(mayShield)(
    'is not what the kernel ends first when memory runs out',
    on(async (machine) => {
      machine.hook('save', 'look', `#!/bin/sh\ncat /proc/self/oom_score_adj > ${machine.root}/adj\n`);
      await machine.run(machine.notices(8));
      expect(machine.read('/adj').trim()).toBe('-900');
    }),
  );

  it(
    'ends a stage that runs over at its moment, with all that it forked, and writes the report in time',
    on(async (machine) => {
      machine.hook(
        'drain',
        'deaf',
        `#!/usr/bin/env python3
import os, signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(['sleep', '60'], env={}, start_new_session=True)
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
      const ends = await machine.run(machine.notices(16, 'terminate', EARLY));
      expect(exits(ends)).toEqual(['accept 0', 'drain 21', 'save 0', 'clean 0', 'report 0']);
      const report = reportOf(ends);
      const drain = report.stages[0];
      expect(Math.abs((drain?.ended ?? 0) - (drain?.until ?? 0))).toBeLessThan(1);
      expect(report.tasks[0]).toMatchObject({
        name: 'deaf',
        note: expect.stringContaining("ended at the stage's moment"),
      });
      expect(report.leftovers).toBe(0);
      expect(machine.read('/saved').trim()).toBe('saved');
      expect(report.secondsToSpare).toBeGreaterThan(2);
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
          '#!/bin/bash\ntrap "" TERM\n(trap "" TERM; setsid sleep 60) &\nsleep 60\n',
        );
      }
      const ends = await machine.run(machine.notices(16, 'terminate', EARLY));
      expect(exits(ends)).toEqual(['accept 0', 'drain 21', 'save 21', 'clean 21', 'report 0']);
      expect(reportOf(ends).deadline - (ends.at(-1)?.ended ?? 0)).toBeGreaterThan(2);
    }),
  );
});

describe.concurrent('what a hook leaves in the background', { timeout: 40_000 }, () => {
  it(
    'may end by itself as long as there is time, though a later hook has to be killed',
    on(async (machine) => {
      machine.hook('drain', '10-leaver', `#!/bin/sh\n(sleep 3; touch ${machine.root}/finished) &\n`);
      machine.hook('drain', '20-deaf', '#!/bin/bash\ntrap "" TERM\nsleep 60\n');
      const ends = await machine.run(machine.notices(12, 'terminate', { 'drain-until': '100' }));
      expect(exits(ends)).toEqual(['accept 0', 'drain 21', 'save 0', 'clean 0', 'report 0']);
      expect(machine.exists('/finished')).toBe(true);
      expect(reportOf(ends).leftovers).toBe(0);
    }),
  );

  it(
    'is ended at the end of clean, before the log agent is stopped and the report is written',
    on(async (machine) => {
      machine.hook(
        'drain',
        'leaver',
        `#!/bin/sh\n(sleep 60; echo never) &\nsetsid sh -c 'trap "" TERM; sleep 60' &\n`,
      );
      const ends = await machine.run(machine.notices(9));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(reportOf(ends).leftovers).toBeGreaterThan(1);
      expect(reportOf(ends).secondsToSpare).toBeGreaterThan(2);
    }),
  );

  it(
    'has its SIGTERM and a second after it, though a hook of clean runs over',
    on(async (machine) => {
      machine.file(
        '/saver',
        `#!/bin/bash\ntrap 'sleep 0.3; touch ${machine.root}/saved; exit' TERM\nsleep 60 & wait\n`,
        0o755,
      );
      machine.hook('drain', 'leaver', `#!/bin/sh\nsetsid ${machine.root}/saver &\n`);
      machine.hook('clean', 'deaf', '#!/bin/bash\ntrap "" TERM\nsleep 60\n');
      const ends = await machine.run(machine.notices(12, 'terminate', { 'save-until': '60' }));
      expect(exits(ends)).toEqual(['accept 0', 'drain 0', 'save 0', 'clean 21', 'report 0']);
      expect(machine.exists('/saved')).toBe(true);
    }),
  );

  it(
    'lives on where the machine hibernates',
    on(async (machine) => {
      machine.hook(
        'save',
        'leaver.hibernate',
        `#!/bin/sh\n(sleep 5; echo still writing; touch ${machine.root}/finished) &\n`,
      );
      const ends = await machine.run(machine.notices(8, 'hibernate'));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(machine.exists('/finished')).toBe(false);
      await until(() => machine.exists('/finished'));
    }),
  );
});
