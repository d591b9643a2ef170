// `run --rehearse`, as installed: the plan without a notice, what it says, and what `status` says of it.
import { describe, expect, it } from 'vitest';
import { EXIT, PATHS } from '../../contract/instance.ts';
import { INSTANCE_ID, on, until } from './machine.ts';
import { installed, NOWHERE, TAGS, withService } from './served.ts';

describe.concurrent('a rehearsal on the instance', { timeout: 40_000 }, () => {
  it(
    'tells the hooks so, starts again what it stopped, and is what status calls the last run',
    withService(
      async (machine, metadata) => {
        installed(machine);
        for (const stage of ['drain', 'save', 'clean'])
          machine.hook(
            stage,
            'tell',
            `#!/bin/sh\necho $SPOT_GUARD_STAGE $SPOT_GUARD_EVENT >> ${machine.root}/told\n`,
          );
        const before = (await machine.call(['status'], metadata.url)).stdout;
        expect(before).toContain('watcher     is not running\n');
        expect(before).toContain(`instance    ${INSTANCE_ID}, guarded\n`);
        expect(before).toContain('settings    from metadata tags: units=worker\n');
        expect(before).toContain('last run    none since the machine was started\n');
        expect(before).toContain('stopped     nothing\n');

        const { exit, stdout, stderr } = await machine.call(
          ['run', '--rehearse', '--window', '20'],
          metadata.url,
        );
        expect({ exit, stderr }).toEqual({ exit: EXIT.ok, stderr: '' });
        expect(stdout).toMatch(/^rehearses on i-0123456789abcdef0 with 20 s, settings from: metadata tags\n/);
        expect(stdout).toContain('startedAgain note worker.service is started again\n');
        expect(stdout).toMatch(/\ngraceful, 1\d\.\d+ s to spare; journal: .*-rehearsal\/journal\.jsonl\n$/);
        expect(machine.read('/told')).toBe('drain rehearsal\nsave rehearsal\nclean rehearsal\n');
        expect(machine.read('/calls').trim().split('\n').at(-1)).toBe('start -- worker.service');
        expect(machine.exists(PATHS.notice)).toBe(false);

        const after = (await machine.call(['status'], metadata.url)).stdout;
        expect(after).toMatch(
          /last run {4}rehearsal, deadline 20\d\d-\d\d-\d\dT[\d:]{8}Z, graceful, 1\d\.\d+ s to spare; \/\S+\/\d+-rehearsal\/journal\.jsonl\n/,
        );
        expect(after).toContain('stopped     nothing\n');
      },
      { tags: { ...TAGS, 'spot-guard:units': 'worker' } },
    ),
  );

  it(
    'names the line that is wrong in the file of its settings, and is not held up by a plan that is long dead',
    withService(async (machine, metadata) => {
      installed(machine);
      machine.file('/etc/spot-guard/spot-guard.conf', 'workload = train-42\nunit = worker\n', 0o600);
      machine.file(`${PATHS.runs}/1795519420/unfinished`, '');
      const { stdout } = await machine.call(['run', '--rehearse', '--window', '8'], metadata.url);
      expect(stdout).toMatch(
        /^rehearses on \S+ with 8 s, settings from: none\nno settings, .*line 2: got 'unit = worker'/,
      );
      expect(stdout).toContain('drain stageEnded');
    }, {}),
  );

  it(
    'that follows another at once is a plan of its own, with the hook as it is now',
    withService(async (machine, metadata) => {
      const rehearse = () => machine.call(['run', '--rehearse', '--window', '20'], metadata.url);
      machine.hook('drain', 'work', '#!/bin/sh\nexit 3\n');
      expect((await rehearse()).exit).toBe(EXIT.failed);
      machine.hook('drain', 'work', `#!/bin/sh\necho x >> ${machine.root}/worked\n`);
      expect((await rehearse()).exit).toBe(EXIT.ok);
      expect(machine.read('/worked')).toBe('x\n');
      expect((await machine.call(['status'], metadata.url)).stdout).toMatch(
        /last run {4}rehearsal, deadline \S+, graceful/,
      );
    }),
  );

  it(
    'goes on by itself where its caller leaves, and says so',
    withService(async (machine, metadata) => {
      machine.hook('drain', 'slow', '#!/bin/sh\nsleep 2\n');
      const child = machine.guard(['run', '--rehearse', '--window', '20'], metadata.url);
      let said = '';
      child.stdout?.resume();
      child.stderr?.on('data', (data) => (said += data));
      const left = new Promise((resolve) => child.once('close', resolve));
      await until(() => machine.journal().some(({ phase }) => phase === 'taskStarted'));
      child.kill('SIGINT');
      expect([await left, said]).toEqual([
        130,
        expect.stringMatching(/^spot-guard run: the rehearsal goes on/),
      ]);
      await until(() => machine.journal().some(({ phase }) => phase === 'ended'));
    }),
  );

  it(
    'is refused while a plan is under way, and one that fails has its exit code',
    withService(async (machine, metadata) => {
      machine.hook('drain', 'fails', '#!/bin/sh\nsleep 2\nexit 3\n');
      const rehearse = () => machine.call(['run', '--rehearse', '--window', '20'], metadata.url);
      const first = rehearse();
      await until(() => machine.journal().some(({ phase }) => phase === 'taskStarted'));
      const second = await rehearse();
      expect({ exit: second.exit, stdout: second.stdout }).toEqual({ exit: EXIT.failed, stdout: '' });
      expect(second.stderr).toMatch(
        /^spot-guard run: a plan is under way: \d+-rehearsal \(deadline \d\d:\d\d:\d\d UTC\)\. Wait for its end\n$/,
      );
      expect(await first).toMatchObject({ exit: EXIT.failed, stdout: expect.stringContaining('\nfailed, ') });
    }),
  );

  it(
    'ends at a real notice, which has its own plan',
    withService(async (machine, metadata) => {
      machine.hook(
        'drain',
        'tell',
        `#!/bin/sh\necho $SPOT_GUARD_EVENT >> ${machine.root}/told\n[ $SPOT_GUARD_EVENT = interruption ] || sleep 30\n`,
      );
      const rehearsal = machine.call(['run', '--rehearse', '--window', '60'], metadata.url);
      await until(() => machine.exists('/told'));
      const ends = await machine.run(machine.notices(12));
      expect(ends.map(({ exit }) => exit)).toEqual([0, 0, 0, 0, 0]);
      expect(await rehearsal).toMatchObject({
        exit: EXIT.failed,
        stdout: expect.stringContaining("superseded note EC2's notice came\n"),
      });
      expect(machine.read('/told')).toBe('rehearsal\ninterruption\n');
    }),
  );

  it(
    'is refused where nobody says which instance this is',
    on(async (machine) => {
      const { exit, stderr } = await machine.call(['run', '--rehearse'], NOWHERE);
      expect(exit).toBe(EXIT.failed);
      expect(stderr).toMatch(
        /^spot-guard run: the metadata service does not say which instance this is: [^\n]+\n$/,
      );
    }),
  );
});
