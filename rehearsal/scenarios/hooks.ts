// Scenarios on the instance: what hooks and tags can do wrong, and what the guard makes of it.
import { existsSync, writeFileSync } from 'node:fs';
import { EXIT, PATHS } from '../../contract/instance.ts';
import { check, type Expectation, journalLine, type Scenario } from '../scenario.ts';
import {
  addHooks,
  hooksRan,
  nothingLeftRunning,
  notingHook,
  prepareWorkload,
  reportInTime,
  startWorker,
  WORKER_TAGS,
} from './workload.ts';

/** Seconds by which a stage may end after its moment. */
const TOLERANCE = 1;

export const hookFails: Scenario = {
  name: 'hook-fails',
  story: 'the save hook exits with 3: the stage fails and says so, and the stages after it still run',
  expected: 'failed',
  tags: WORKER_TAGS,
  prepare: (instance) => {
    prepareWorkload(instance);
    instance.hook(
      'save',
      '05-broken',
      notingHook(instance, 'broken', 'echo "no space left on the volume" >&2; exit 3'),
    );
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain', 'broken', 'save', 'clean']),
    stageEndedWith('save', EXIT.failed),
    stageEndedWith('clean', EXIT.ok),
    ({ verdict }) => {
      const task = verdict.report?.tasks.find(({ name }) => name === '05-broken');
      return check(
        task?.exit === 3 && /no space left/.test(task.note ?? ''),
        'the hook with exit 3 and its last words',
        task,
      );
    },
    reportInTime,
    nothingLeftRunning,
  ],
};

export const hookIgnoresSigterm: Scenario = {
  name: 'hook-ignores-sigterm',
  story: "a drain hook and the children it forks ignore SIGTERM: all are ended at the stage's moment",
  expected: 'failed',
  prepare: (instance) => {
    // No unit to stop: where there is one, hooks get only a part of the stage.
    addHooks(instance);
    const stubborn = instance.program(
      'stubborn',
      "#!/bin/sh\ntrap '' TERM INT HUP\nwhile :; do sleep 0.2; done\n",
    );
    const apart = `setsid ${stubborn} </dev/null >/dev/null 2>&1 &`;
    instance.hook(
      'drain',
      '20-stubborn',
      // Children in its session, in one of their own, and one whose parent is gone.
      notingHook(
        instance,
        'stubborn',
        `trap '' TERM INT HUP\n${stubborn} &\n${apart}\n(${apart})\n${stubborn}`,
      ),
    );
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain', 'stubborn', 'save', 'clean']),
    stageEndedWith('drain', EXIT.overran),
    endedAtItsMoment('drain'),
    ({ instance }) =>
      check(
        instance.read('work/checkpoint') === 'item-41\n',
        'a checkpoint all the same',
        instance.read('work/checkpoint'),
      ),
    reportInTime,
    nothingLeftRunning,
  ],
};

export const hostileTags: Scenario = {
  name: 'hostile-tags',
  story:
    'tags hold shell code: it is refused as data, reported, and never run; the rest of the plan still runs',
  expected: 'failed',
  tags: {
    ...WORKER_TAGS,
    'spot-guard:units': 'queue-worker; rm -rf /',
    'spot-guard:containers': '$(reboot)',
    'spot-guard:workload': `'"; touch "$SPOT_GUARD_ROOT/work/tag-was-run" #`,
    'spot-guard:grace': '$(reboot)',
  },
  prepare: prepareWorkload,
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain', 'save', 'clean']),
    ({ verdict }) =>
      check(
        (verdict.report?.refused.length ?? 0) >= 3,
        'the refused settings in the report',
        verdict.report?.refused,
      ),
    ({ instance }) => check(!existsSync(instance.at('work/tag-was-run')), 'no tag to be run', 'its file'),
    ({ instance }) =>
      check(instance.read('work/worker') === 'working\n', 'the unit to go on', instance.read('work/worker')),
    ({ instance }) => {
      const words = instance.standInCalls().flatMap(({ args }) => args);
      return check(!words.some((word) => /[;$()]/.test(word)), 'no shell code in an argument', words);
    },
    reportInTime,
  ],
};

export const hookNotExecutable: Scenario = {
  name: 'hook-not-executable',
  story: 'a hook lacks its run bit: the stage fails and tells how to mend it, and the others run',
  expected: 'failed',
  tags: WORKER_TAGS,
  prepare: (instance) => {
    prepareWorkload(instance);
    instance.hook('save', '05-no-run-bit', notingHook(instance, 'never'), 0o644);
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain', 'save', 'clean']),
    stageEndedWith('save', EXIT.failed),
    ({ verdict }) => {
      const note = verdict.report?.tasks.find(({ name }) => name === '05-no-run-bit')?.note ?? '';
      return check(/chmod \+x/.test(note), 'the report to say chmod +x', note);
    },
    reportInTime,
  ],
};

export const runNotWritable: Scenario = {
  name: 'run-not-writable',
  story: 'the guard cannot be put in /run/spot-guard: the command says why, at once, and harms nothing',
  expected: 'failed',
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
      const accept = invocations[0]?.steps.find(({ name }) => name === 'accept');
      return check(
        accept?.exit === EXIT.refused && /^refused: .*spot-guard/.test(accept.stdout),
        'accept to refuse and to name the folder',
        accept,
      );
    },
  ],
};

function stageEndedWith(stage: string, exit: number): Expectation {
  return ({ journal }) => {
    const line = journalLine(journal, 'stageEnded', stage);
    return check(line?.exit === exit, `the stage ${stage} to end with ${exit}`, line ?? 'no end');
  };
}

function endedAtItsMoment(stage: string): Expectation {
  return ({ journal }) => {
    const line = journalLine(journal, 'stageEnded', stage);
    const over = (line?.t ?? 0) - (line?.until ?? 0);
    return check(
      Math.abs(over) <= TOLERANCE,
      `the stage ${stage} to end within ${TOLERANCE} s of its moment`,
      line ?? 'no end',
    );
  };
}
