// Scenarios of a machine that cannot be written: nothing is harmed, and it says why.
import { writeFileSync } from 'node:fs';
import { EXIT, PATHS } from '../../contract/instance.ts';
import { check, type Expectation, type Scenario } from '../scenario.ts';
import {
  addHooks,
  hooksRan,
  noHookRan,
  nothingLeftRunning,
  notingHook,
  startWorker,
  WORKER_TAGS,
} from './workload.ts';

export const runNotWritable: Scenario = {
  name: 'run-not-writable',
  story: 'nothing can be written to /run/spot-guard: each step of the command says why, and harms nothing',
  expected: 'failed',
  onlyInAll: true,
  tags: WORKER_TAGS,
  prepare: (instance) => {
    startWorker(instance);
    addHooks(instance);
    // A file where the folder belongs: root passes every permission, and the rehearsal may be root.
    writeFileSync(instance.at(PATHS.run), '');
  },
  expectations: [
    ({ instance }) => hooksRan(instance, []),
    ({ invocations }) => {
      const steps = (invocations[0]?.steps ?? []).filter(({ name }) => name !== 'accept');
      const said = steps.every(
        ({ exit, stdout }) => exit === EXIT.lost && /the run cannot be recorded in \/run\//.test(stdout),
      );
      return check(said && steps.length === 4, 'each step to say that no run can be recorded', steps);
    },
  ],
};

export const diskFull: Scenario = {
  name: 'disk-full',
  story:
    'every disk is full when the command comes (no file can grow): it says so at once, and harms nothing',
  expected: 'failed',
  onlyInAll: true,
  tags: WORKER_TAGS,
  diskFull: true,
  prepare: (instance) => {
    startWorker(instance);
    addHooks(instance);
  },
  expectations: [
    noHookRan,
    refusedWith(/could not be written whole.*full/),
    ({ instance }) =>
      check(instance.read('work/worker') === 'working\n', 'the unit to go on', instance.read('work/worker')),
  ],
};

export const diskFillsUp: Scenario = {
  name: 'disk-turns-read-only',
  story:
    'nothing can be written from the middle of drain on: the stages still run, no step can tell, and the report goes to S3',
  expected: 'failed',
  onlyInAll: true,
  prepare: (instance) => {
    addHooks(instance);
    // RLIMIT_FSIZE of the runner, soft, so that the hooks after it can still write their own files.
    const fill = 'import os, resource as r; r.prlimit(os.getppid(), r.RLIMIT_FSIZE, (0, r.RLIM_INFINITY))';
    instance.hook('drain', '20-fill-the-disk', `#!/bin/sh\nexec python3 -c '${fill}'\n`);
    for (const stage of ['save', 'clean'] as const) {
      instance.hook(
        stage,
        '20-on-another-disk',
        notingHook(instance, `late-${stage}`).replace('\n', '\nulimit -S -f unlimited\n'),
      );
    }
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain', 'late-save', 'late-clean']),
    ({ verdict: { record } }) => check(record?.provenBy === 'guard', 'a report by the guard itself', record),
    ({ invocations }) => {
      const words = invocations.flatMap(({ steps }) => steps.map(({ stdout }) => stdout)).join('');
      return check(/is the disk full\?/.test(words), 'a step to ask whether the disk is full', words);
    },
    nothingLeftRunning,
  ],
};

function refusedWith(words: RegExp): Expectation {
  return ({ invocations }) => {
    const accept = invocations[0]?.steps.find(({ name }) => name === 'accept');
    const refused =
      accept?.exit === EXIT.refused && /^refused: /.test(accept.stdout) && words.test(accept.stdout);
    return check(refused, `accept to refuse with ${words}`, accept);
  };
}
