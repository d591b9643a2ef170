// Scenarios of hooks: what they can do wrong, and what the guard makes of it.
import { EXIT } from '../../contract/instance.ts';
import { check, type Expectation, journalLine, type Scenario } from '../scenario.ts';
import {
  addHooks,
  everyStepSucceeded,
  hooksRan,
  nothingLeftRunning,
  notingHook,
  prepareWorkload,
  reportInTime,
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
  windowSeconds: 10,
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

export const hookHoldsStdout: Scenario = {
  name: 'hook-holds-stdout',
  story:
    'a hook leaves a child behind that holds its output open: nobody waits for it, and it goes with the plan',
  expected: 'graceful',
  onlyInAll: true,
  tags: WORKER_TAGS,
  prepare: (instance) => {
    prepareWorkload(instance);
    // One in the hook's session, one in a session of its own; each writes into what it holds.
    const child = instance.program('chatty', '#!/bin/sh\nwhile :; do echo still here; sleep 0.2; done\n');
    instance.hook(
      'drain',
      '05-chatty',
      notingHook(instance, 'chatty', `${child} &\nsetsid ${child} &\nexit 0`),
    );
  },
  expectations: [
    ({ instance }) => hooksRan(instance, ['chatty', 'drain', 'save', 'clean']),
    everyStepSucceeded,
    ({ journal }) => {
      const line = journalLine(journal, 'taskEnded', 'drain', '05-chatty');
      return check(line?.exit === EXIT.ok && (line.seconds ?? 9) < 1, 'the hook to end at once', line);
    },
    reportInTime,
    nothingLeftRunning,
  ],
};

export const hookNotExecutable: Scenario = {
  name: 'hook-not-executable',
  story: 'a hook lacks its run bit: the stage fails and tells how to mend it, and the others run',
  expected: 'failed',
  onlyInAll: true,
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
