// The second path: the watcher sees the notice in the metadata service and acts, alone or beside a command.
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../contract/instance.ts';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../../contract/tags.ts';
import { type Metadata, openMetadata } from '../../rehearsal/machine/metadata.ts';
import { exits, GRACEFUL, INSTANCE_ID, type Machine, on, reportOf, until } from './machine.ts';
import { withService } from './served.ts';

const TAGS = { [GUARD_TAG]: GUARD_TAG_VALUE } as const;

interface Watched {
  readonly machine: Machine;
  readonly metadata: Metadata;
  /** What the watcher has said. */
  readonly said: () => string;
  /** Its process; started again by `restart`. */
  readonly watcher: () => number;
  readonly restart: () => void;
}

const watched = (
  body: (watched: Watched) => Promise<void>,
  tags: Readonly<Record<string, string>> | undefined = TAGS,
) =>
  on(async (machine) => {
    const metadata = await openMetadata({
      instanceId: INSTANCE_ID,
      region: 'eu-central-1',
      ...(tags === undefined ? {} : { tags }),
    });
    let said = '';
    let watcher = machine.guard(['watch'], metadata.url);
    const listen = () => {
      for (const stream of [watcher.stdout, watcher.stderr]) stream?.on('data', (data) => (said += data));
    };
    listen();
    try {
      await body({
        machine,
        metadata,
        said: () => said,
        watcher: () => watcher.pid ?? 0,
        restart: () => {
          watcher = machine.guard(['watch'], metadata.url);
          listen();
        },
      });
    } finally {
      watcher.kill('SIGKILL');
      await metadata.close();
    }
  });

/** The moment of the reclaim, as the metadata service writes it. */
const timeIn = (seconds: number): string =>
  new Date((Math.floor(Date.now() / 1000) + seconds) * 1000).toISOString().replace('.000Z', 'Z');
const ended = (machine: Machine) => machine.journal().find(({ phase }) => phase === 'ended');

describe.concurrent('the watcher', { timeout: 40_000 }, () => {
  it(
    'runs the plan at a notice that no command brings, with the settings of the tags in the metadata',
    watched(
      async ({ machine, metadata }) => {
        machine.hook(
          'save',
          'tell',
          `#!/bin/sh\necho "$SPOT_GUARD_WORKLOAD $SPOT_GUARD_ACTION" >> ${machine.root}/told\n`,
        );
        metadata.announce('stop', timeIn(10));
        await until(() => ended(machine) !== undefined);
        expect(machine.read('/told')).toBe('train-42 stop\n');
      },
      { ...TAGS, 'spot-guard:workload': 'train-42' },
    ),
  );

  it(
    'is joined by the command, which reports the one run',
    watched(async ({ machine, metadata, said }) => {
      machine.hook('drain', 'count', `#!/bin/sh\necho x >> ${machine.root}/count; sleep 2\n`);
      const notices = machine.notices(15);
      metadata.announce('terminate', timeIn(12));
      await until(() => machine.exists('/count'));
      const ends = await machine.run(notices);
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(ends[1]?.stdout).toContain('joined the run');
      expect(machine.read('/count')).toBe('x\n');
      expect(said()).toMatch(/^interruption: starts the run \d+ \(deadline \d\d:\d\d:\d\d UTC\)$/m);
      const { stdout } = await machine.call(['status'], metadata.url);
      expect(stdout).toMatch(
        /^last run {4}interruption, deadline \d{4}-\d\d-\d\dT[\d:]{8}Z, brought by the watcher, graceful, /m,
      );
    }),
  );

  it(
    'takes over the run of a command whose runner and step are killed',
    watched(async ({ machine, metadata }) => {
      machine.hook(
        'drain',
        'slow',
        `#!/bin/sh\necho $SPOT_GUARD_ATTEMPT >> ${machine.root}/attempts\n[ $SPOT_GUARD_ATTEMPT = 2 ] || sleep 30\n`,
      );
      metadata.plant({ kind: 'status', status: 404, on: /instance-action/ });
      const notices = machine.notices(15);
      await machine.step('accept', notices);
      const drain = machine.step('drain', notices);
      await until(() => machine.exists('/attempts'));
      machine.killStep('drain');
      await drain;
      for (const pid of machine.processes('run\0')) process.kill(pid, 'SIGKILL');
      await until(() => ended(machine) !== undefined);
      expect(machine.read('/attempts')).toBe('1\n2\n');
    }),
  );

  it(
    'that is killed in the middle of a run finds it when it starts again',
    watched(async ({ machine, metadata, watcher, restart, said }) => {
      machine.hook(
        'drain',
        'slow',
        `#!/bin/sh\necho $SPOT_GUARD_ATTEMPT >> ${machine.root}/attempts\n[ $SPOT_GUARD_ATTEMPT = 2 ] || sleep 30\n`,
      );
      metadata.announce('terminate', timeIn(15));
      await until(() => machine.exists('/attempts'));
      process.kill(watcher(), 'SIGKILL');
      restart();
      await until(() => said().includes('in the middle of the run'));
      for (const pid of machine.processes('run\0')) process.kill(pid, 'SIGKILL');
      await until(() => ended(machine) !== undefined);
      expect(machine.read('/attempts')).toBe('1\n2\n');
    }),
  );

  it(
    'does nothing on an instance that is not tagged, where it can read the tags',
    watched(
      async ({ machine, metadata, said }) => {
        metadata.announce('terminate', timeIn(8));
        await until(() => said().includes('left alone, the instance is not tagged'));
        expect(machine.journal()).toEqual([]);
      },
      { Name: 'somebody-else' },
    ),
  );

  it(
    'is refused beside one that lives, which is named; one that was killed is in nobody’s way',
    watched(async ({ machine, metadata, watcher, restart, said }) => {
      await until(() => said().includes('watching'));
      const { exit, stdout, stderr } = await machine.call(['watch'], metadata.url);
      expect({ exit, stdout, stderr }).toEqual({
        exit: EXIT.failed,
        stdout: '',
        stderr: `spot-guard watch: a watcher lives already (pid ${watcher()}): leave it, or end it first with systemctl stop spot-guard-watch.service or kill\n`,
      });
      const started = () => said().match(/^watching$/gm)?.length;
      expect(started()).toBe(1);
      process.kill(watcher(), 'SIGKILL');
      restart();
      await until(() => started() === 2);
      expect(machine.read('/run/spot-guard/watch.lock')).toBe(String(watcher()));
    }),
  );

  it(
    'of systemd is never refused, and takes the place of one that ends',
    watched(async ({ machine, metadata, watcher, said }) => {
      await until(() => said().includes('watching'));
      const unit = machine.guard(['watch', '--sandboxed'], metadata.url);
      let units = '';
      unit.stdout?.on('data', (data) => (units += data));
      await until(() => units.includes('watching'));
      expect(units).toContain(`a watcher lives already (pid ${watcher()}): both watch\n`);
      process.kill(watcher(), 'SIGKILL');
      await until(() => machine.read('/run/spot-guard/watch.lock') === String(unit.pid));
      expect((await machine.call(['watch'], metadata.url)).stderr).toContain(`(pid ${unit.pid})`);
      unit.kill('SIGKILL');
    }),
  );

  it.each([
    [
      'the pid of one that is dead is another process’ by now',
      (machine: Machine) => {
        machine.file('/run/spot-guard/watch.json', JSON.stringify({ pid: process.pid }), 0o600);
        machine.file('/run/spot-guard/watch.lock', String(process.pid), 0o600);
      },
    ],
    ['no lock can be made', (machine: Machine) => machine.file('/run/spot-guard/watch.lock/x', '')],
  ])('watches though %s', (_, prepare) =>
    withService(async (machine, metadata) => {
      prepare(machine);
      const watcher = machine.guard(['watch'], metadata.url);
      let said = '';
      watcher.stdout?.on('data', (data) => (said += data));
      await until(() => said.includes('watching'));
      watcher.kill('SIGKILL');
    })(),
  );

  it(
    'has the machine spared whose notice is withdrawn: later stages are left out, and what was stopped runs again',
    watched(
      async ({ machine, metadata }) => {
        machine.file('/run/systemd/system/.keep', '');
        machine.tool('systemd-run', '#!/bin/sh\nexit 1\n');
        machine.tool(
          'systemctl',
          `#!/bin/sh\necho "$*" >> ${machine.root}/calls\ncase "$2" in --property=Id,ActiveState) printf 'Id=worker.service\\nActiveState=active\\n';; *) printf 'Id=worker.service\\nResult=success\\n';; esac\n`,
        );
        machine.hook('drain', 'slow', '#!/bin/sh\nsleep 13\n');
        machine.hook('save', 'never', `#!/bin/sh\ntouch ${machine.root}/saved\n`);
        metadata.announce('terminate', timeIn(60));
        await until(() => machine.journal().some(({ phase }) => phase === 'taskStarted'));
        expect(machine.exists('/run/spot-guard/notice.json')).toBe(true);
        metadata.withdraw();
        await until(() => machine.journal().some(({ phase }) => phase === 'startedAgain'));
        expect(JSON.parse(String(ended(machine)?.report))).toMatchObject({ result: 'spared' });
        expect(machine.read('/calls').trim().split('\n').at(-1)).toBe('start -- worker.service');
        expect([machine.exists('/saved'), machine.exists('/run/spot-guard/notice.json')]).toEqual([
          false,
          false,
        ]);
        await until(() => machine.processes('run\0').length === 0);
      },
      { ...TAGS, 'spot-guard:units': 'worker' },
    ),
  );

  it(
    'saves at a rebalance recommendation, if a tag asks for it, and work goes on',
    watched(
      async ({ machine, metadata }) => {
        for (const stage of ['drain', 'save', 'clean'])
          machine.hook(
            stage,
            'tell',
            `#!/bin/sh\necho $SPOT_GUARD_STAGE-$SPOT_GUARD_EVENT-$SPOT_GUARD_ACTION >> ${machine.root}/told\n`,
          );
        metadata.recommend(timeIn(-3));
        await until(() => ended(machine) !== undefined);
        expect(machine.read('/told')).toBe('save-rebalance-\n');
        expect(machine.exists('/run/spot-guard/notice.json')).toBe(false);
      },
      { ...TAGS, 'spot-guard:rebalance': 'save' },
    ),
  );

  it(
    'has drain wait for the command that brings the settings, where it can read none itself',
    watched(async ({ machine, metadata }) => {
      machine.hook('drain', 'tell', `#!/bin/sh\necho "$SPOT_GUARD_WORKLOAD" >> ${machine.root}/told\n`);
      metadata.setTags(undefined);
      metadata.announce('terminate', timeIn(20));
      await until(() => machine.journal().some(({ phase }) => phase === 'stageStarted'));
      const ends = await machine.run(machine.notices(17, 'terminate', { workload: 'train-42' }));
      expect(exits(ends)).toEqual(GRACEFUL);
      expect(machine.read('/told')).toBe('train-42\n');
      expect(reportOf(ends).result).toBe('graceful');
    }, undefined),
  );
});
