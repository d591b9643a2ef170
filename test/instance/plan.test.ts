// The plan on a machine: the document's steps as built, run as the agent runs them.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PATHS } from '../../contract/instance.ts';
import { REPORT_MAX_CHARS } from '../../contract/report.ts';
import { exits, GRACEFUL, INSTANCE_ID, on, reportOf } from './machine.ts';

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
        SPOT_GUARD_TASK: expect.stringMatching(/\/runs\/\d+\/[0-9a-f]{32}\/save\/look$/),
        SPOT_GUARD_SAVED: expect.stringMatching(/\/runs\/\d+\/save-look\.saved$/),
      });
      expect(Date.parse(env.SPOT_GUARD_DEADLINE) / 1000).toBe(Number(env.SPOT_GUARD_DEADLINE_EPOCH));
      expect(Number(env.SPOT_GUARD_STAGE_END)).toBeLessThan(Number(env.SPOT_GUARD_DEADLINE_EPOCH));
      expect(Object.keys(env).filter((name) => /^(HOME|USER|SSM_|AWS_|npm_)/.test(name))).toEqual([]);
      expect(machine.read('/cwd').trim()).toBe('/');
    }),
  );

  it(
    'gives hooks no input, and keeps nothing open of the step that started it',
    on(async (machine) => {
      machine.hook(
        'drain',
        'look',
        `#!/bin/sh\ncat\nreadlink /proc/$$/fd/0 > ${machine.root}/own\nreadlink /proc/$PPID/fd/[0-9] > ${machine.root}/runner\n`,
      );
      expect(exits(await machine.run(machine.notices(8)))).toEqual(GRACEFUL);
      expect(machine.read('/own').trim()).toBe('/dev/null');
      const [stdin, stdout, stderr, ...others] = machine.read('/runner').trim().split('\n');
      expect([stdin, stdout]).toEqual(['/dev/null', '/dev/null']);
      expect(stderr).toMatch(/\/runner\.log$/);
      // The runner's own: the journal, the lock, what it watches, the hook's output.
      expect(others.filter((file) => /_script|spot-guard-machine-\w+$/.test(file))).toEqual([]);
    }),
  );

  it(
    'runs without a PATH, as under an agent that has none',
    on(async (machine) => {
      machine.hook('drain', 'look', `#!/bin/sh\necho "$PATH" > ${machine.root}/path\n`);
      machine.prelude = 'unset PATH; ';
      expect(exits(await machine.run(machine.notices(8)))).toEqual(GRACEFUL);
      expect(machine.read('/path')).toContain('/usr/bin');
    }),
  );

  it(
    'has its journal readable though /run is filled up after its start: the room is taken then',
    on(async (machine) => {
      machine.hook(
        'drain',
        'look',
        `#!/bin/sh\nstat -c '%b %B' "\${SPOT_GUARD_TASK%/*/drain/look}/journal.jsonl" > ${machine.root}/room\n`,
      );
      await machine.run(machine.notices(8));
      const [blocks = 0, size = 0] = machine.read('/room').split(' ').map(Number);
      expect(blocks * size).toBeGreaterThanOrEqual(128 * 1024);
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
      expect(statSync(join(machine.root, 'run/spot-guard/notice.json')).mode & 0o7777).toBe(0o644);
      expect(statSync(join(machine.root, 'run/spot-guard/acknowledged')).mode & 0o7777).toBe(0o1777);
      expect(reportOf(ends).acknowledged).toEqual(['trainer']);
      const room = statSync(join(machine.root, `${PATHS.runs}/next/journal.jsonl.room`));
      expect(room.blocks * 512, 'taken before others may fill /run').toBeGreaterThanOrEqual(128 * 1024);
    }),
  );

  it(
    'fails drain where workloads cannot see the notice, and goes on',
    on(async (machine) => {
      mkdirSync(join(machine.root, 'run/spot-guard/notice.json'), { recursive: true });
      machine.hook('save', 'save', `#!/bin/sh\ntouch ${machine.root}/saved\n`);
      const ends = await machine.run(machine.notices(8));
      expect(exits(ends)).toEqual(['accept 0', 'drain 20', 'save 0', 'clean 0', 'report 0']);
      expect(reportOf(ends).tasks[0]).toMatchObject({
        name: 'guard:notice-file',
        note: expect.stringContaining('cannot be written'),
      });
      expect(machine.exists('/saved')).toBe(true);
    }),
  );

  it(
    'puts aside what is in the way of the folder for acknowledgements',
    on(async (machine) => {
      machine.file('/run/spot-guard/acknowledged', 'in the way');
      const ends = await machine.run(machine.notices(8));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(machine.exists('/run/spot-guard/notice.json')).toBe(true);
      expect(reportOf(ends).warnings).toBe(0);
      expect(statSync(join(machine.root, 'run/spot-guard/acknowledged')).isDirectory()).toBe(true);
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
      const [run] = readdirSync(join(machine.root, PATHS.runs)).filter((name) => /^\d+$/.test(name));
      const kept = statSync(join(machine.root, PATHS.runs, run ?? '', 'drain-flood.log'));
      expect(kept.size).toBe(65_536);
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
