// What scenarios of the second path look at: what the watcher said and did, and whether the plan itself ended well
// where no word of it reached AWS.
import { RUN_UNIT } from '../../contract/instance.ts';
import { check, type Evidence, type Expectation } from '../scenario.ts';

/** A line of the watcher's own. */
export function watcherSaid(words: RegExp): Expectation {
  return ({ watcher }) =>
    check(
      watcher.some((line) => words.test(line)),
      `the watcher to say ${words}`,
      watcher,
    );
}

export function watcherDidNotSay(words: RegExp): Expectation {
  return ({ watcher }) =>
    check(!watcher.some((line) => words.test(line)), `the watcher not to say ${words}`, watcher);
}

export const watcherStarted = watcherSaid(/^interruption: starts the run /);
export const watcherJoined = watcherSaid(/^interruption: joins the run /);

/** Each command's step `drain` found the run that there was. */
export const commandJoined: Expectation = ({ invocations }) =>
  invocations.flatMap(({ steps }) => {
    const said = steps.find(({ name }) => name === 'drain')?.stdout ?? '';
    return check(said.startsWith('joined the run in progress'), 'the command to join the run', said);
  });

/** By the guard's own journal, which is gone with the machine: the work is safe, and AWS has no proof of it. */
export const planEndedInTime: Expectation = ({ journal, deadline }) => {
  const ended = journal.find(({ phase }) => phase === 'ended');
  return check(ended !== undefined && ended.t < deadline - 1, 'the plan to end in time', journal.at(-1));
};

/** Outside of the watcher's sandbox: not its child, but a unit of its own. */
export const runnerIsUnit: Expectation = ({ instance, journal }) => {
  const started = instance
    .standInCalls()
    .some(({ program, args }) => program === 'systemd-run' && args[0]?.startsWith(`--unit=${RUN_UNIT}`));
  return check(started, 'systemd to start the runner', journal[0]);
};

/** Seconds from the notice to the start of the plan. */
export function planStartedAfter({ journal, deadline, windowSeconds }: Evidence): number {
  const started = journal.find(({ phase }) => phase === 'started')?.t ?? Number.POSITIVE_INFINITY;
  return started - (deadline - windowSeconds);
}

export function planStartedBetween(least: number, most: number): Expectation {
  return (evidence) => {
    const after = planStartedAfter(evidence);
    // The deadline is a whole second: up to one more lies before it.
    return check(
      after >= least - 1 && after <= most,
      `the plan to start ${least} to ${most} s after the notice`,
      after,
    );
  };
}
