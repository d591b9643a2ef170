// What is refused, in words; and disks that are full or read-only.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encode, exits, GRACEFUL, on } from './machine.ts';

/** Root alone may, and not in every container. */
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;

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

  it(
    'is a machine without a tool that unpacks the guard, in words',
    on(async (machine) => {
      machine.prelude = `PATH=${machine.root}/only; export PATH; `;
      mkdirSync(join(machine.root, 'only'));
      for (const tool of ['python3', 'base64', 'mktemp', 'sha256sum']) {
        symlinkSync(`/usr/bin/${tool}`, join(machine.root, 'only', tool));
      }
      const end = await machine.step('accept', machine.notices(8));
      expect(end).toMatchObject({ exit: 169, stdout: expect.stringContaining('no gzip on this machine') });
    }),
  );
});

describe.concurrent('a guard in place', { timeout: 40_000 }, () => {
  it(
    'is replaced where it is not whole',
    on(async (machine) => {
      const notices = machine.notices(9);
      await machine.step('accept', notices);
      const [guard = ''] = readdirSync(join(machine.root, 'run/spot-guard')).filter((name) =>
        name.endsWith('.pyz'),
      );
      machine.file(`/run/spot-guard/${guard}`, 'torn');
      expect(exits(await machine.run(notices))).toEqual(GRACEFUL);
    }),
  );
});

describe.concurrent('a disk that is full or read-only', { timeout: 40_000 }, () => {
  it(
    'is refused in words where the guard cannot be put in place',
    on(async (machine) => {
      machine.file('/run/spot-guard', 'in the way');
      machine.file('/var/lib/spot-guard', 'in the way');
      const end = await machine.step('accept', machine.notices(8));
      expect(end).toMatchObject({
        exit: 169,
        stdout: expect.stringMatching(
          /refused: .*run\/spot-guard cannot be written: .*lib\/spot-guard cannot/,
        ),
      });
      expect(machine.read('/run/spot-guard')).toBe('in the way');
    }),
  );

  it.runIf(mayMount)(
    'has the guard put on another disk where /run has no room for it, and the plan runs',
    on(async (machine) => {
      const run = machine.mount('/run/spot-guard', 64);
      expect(exits(await machine.run(machine.notices(8)))).toEqual(GRACEFUL);
      expect(readdirSync(run).filter((name) => name.startsWith('guard'))).toEqual([]);
      const fallback = join(machine.root, '/var/lib/spot-guard');
      expect(readdirSync(fallback)).toEqual([expect.stringMatching(/^guard-[0-9a-f]{64}\.pyz$/)]);
      expect(statSync(fallback).mode & 0o777).toBe(0o700);
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
