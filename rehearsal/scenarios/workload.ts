// The work that a scenario interrupts: a queue worker as a unit that needs a moment to finish its item, and hooks
// that drain, save a checkpoint and clean up. Every script notes what it did in `work/`.
import { STEPS } from '../../contract/document.ts';
import { METRIC_NAMESPACE, METRIC_SERVICE } from '../../contract/metrics.ts';
import type { Instance } from '../machine/instance.ts';
import type { StepResult } from '../region/commands.ts';
import { check, type Expectation, GUARDED } from '../scenario.ts';

export const WORKER = 'queue-worker';
export const WORKER_TAGS = { ...GUARDED, 'spot-guard:units': WORKER } as const;

/** A unit that finishes the item in hand, which takes `seconds`, before it obeys SIGTERM. */
export function startWorker(instance: Instance, seconds = 1): void {
  instance.startUnit(
    WORKER,
    `#!/bin/sh
trap 'sleep ${seconds}; echo finished >>${instance.at('work/worker')}; exit 0' TERM
echo working >${instance.at('work/worker')}
sleep 60 & wait
`,
  );
}

/** Notes its stage, once each time it runs. */
export function notingHook(instance: Instance, name: string, then = ''): string {
  return `#!/bin/sh\necho ${name} >>${instance.at('work/hooks')}\n${then}\n`;
}

export function addHooks(instance: Instance): void {
  const checkpoint = instance.at('work/checkpoint');
  instance.hook(
    'drain',
    '10-stop-intake',
    notingHook(instance, 'drain', `sleep 0.2; touch ${instance.at('work/closed')}`),
  );
  instance.hook(
    'save',
    '10-checkpoint',
    notingHook(instance, 'save', `echo item-41 >${checkpoint}.new && mv ${checkpoint}.new ${checkpoint}`),
  );
  instance.hook('clean', '10-release', notingHook(instance, 'clean', `rm -f ${instance.at('work/closed')}`));
}

export function prepareWorkload(instance: Instance): void {
  startWorker(instance);
  addHooks(instance);
}

/** Each hook ran once and in order, the unit finished its item, the checkpoint is there. */
export const workIsSafe: Expectation = ({ instance }) => [
  ...hooksRan(instance, ['drain', 'save', 'clean']),
  ...check(
    instance.read('work/worker').endsWith('finished\n'),
    'the unit to finish its item',
    instance.read('work/worker'),
  ),
  ...check(
    instance.read('work/checkpoint') === 'item-41\n',
    'a checkpoint',
    instance.read('work/checkpoint'),
  ),
];

export function hooksRan(instance: Instance, expected: readonly string[]): string[] {
  const ran = instance.read('work/hooks').split('\n').filter(Boolean);
  return check(
    ran.join() === expected.join(),
    `the hooks ${expected.join(', ') || '(none)'} to run`,
    ran.join(', ') || '(none)',
  );
}

export const noHookRan: Expectation = ({ instance }) => hooksRan(instance, []);

/** The document never started: no trace of the guard on the machine. */
export const instanceUntouched: Expectation = ({ instance, invocations, journal }) => [
  ...hooksRan(instance, []),
  ...check(invocations.length === 0, 'no command', `${invocations.length} commands`),
  ...check(journal.length === 0, 'no run of the guard', journal),
];

/** Seconds before the deadline by which a report must be out. */
const REPORT_MARGIN = 2;

export const reportInTime: Expectation = ({ verdict, invocations, deadline }) => {
  if (!verdict.report) return ['expected a report, got none'];
  const ended = invocations.flatMap(({ steps }) => steps).find(({ name }) => name === 'report')?.ended ?? 0;
  const spare = deadline - ended / 1000;
  return check(
    spare >= REPORT_MARGIN,
    `the report at least ${REPORT_MARGIN} s before the deadline`,
    `${spare.toFixed(2)} s`,
  );
};

/** What the guard and the hooks started is gone when the last step has ended. */
export const nothingLeftRunning: Expectation = ({ leftRunning }) =>
  check(leftRunning.length === 0, 'nothing left running', leftRunning);

/** All of the document's steps, in order: SSM then knows of each stage. */
export const everyStepSucceeded: Expectation = ({ invocations }) =>
  invocations.flatMap(({ status, steps }) => [
    ...check(status === 'Success', 'the command to end as Success', { status, steps }),
    ...check(steps.map(({ name }) => name).join() === STEPS.join(), `the steps ${STEPS.join(', ')}`, steps),
    ...steps.flatMap((step) => [
      ...check(step.status === 'Success', `the step ${step.name} to end as Success`, step),
      ...check(tellsItsEnd(step), `the step ${step.name} to tell how its stage ended`, step),
    ]),
  ]);

function tellsItsEnd({ name, stdout }: StepResult): boolean {
  const words: Readonly<Record<string, RegExp>> = { accept: /^accepted: /, report: /^\{.*\}$/m };
  return (words[name] ?? /\bstageEnded\b/).test(stdout);
}

/** The notice is given up, with the reason: the whole event lies among the dead letters, for whoever wants to know. */
export function deadLettered(reason: string): Expectation {
  return ({ noticeDeadLetters: letters, event }) => [
    ...check(letters.length === 1, 'one dead letter', `${letters.length}`),
    ...letters.flatMap(({ body, attributes }) => {
      const held: unknown = JSON.parse(body);
      const payload = (held as { requestPayload?: unknown }).requestPayload ?? held;
      return [
        ...check(JSON.stringify(payload) === JSON.stringify(event), 'the whole event as a dead letter', held),
        ...check(attributes.reason === reason, `a dead letter because of ${reason}`, attributes),
      ];
    }),
  ];
}

/** So often something came into the overflow queue. */
export function overflowed(count: number): Expectation {
  return ({ overflowed: reasons }) =>
    check(reasons.length === count, `${count} messages in the overflow queue`, reasons);
}

export const answeredAtOnce: Expectation = overflowed(0);

/** However many commands came. */
export const oneRun: Expectation = ({ journal }) => {
  const started = journal.filter(({ phase }) => phase === 'started' || phase === 'takenOver');
  return check(started.length === 1, 'one run', started);
};

/** CloudWatch is told so, in the namespace and the dimension that the alarms look at. */
export function counted(metric: string, count: number): Expectation {
  return ({ metrics }) => {
    const own = metrics.filter(
      (one) =>
        one.service === METRIC_SERVICE &&
        JSON.stringify(one._aws).includes(`"Namespace":"${METRIC_NAMESPACE}"`) &&
        Number(one[metric] ?? 0) > 0,
    );
    return check(own.length === count, `${count} times the metric ${metric}`, metrics);
  };
}

/** The function's log holds one line of the phase, with the reason where one is named. */
export function logged(phase: string, reason?: string): Expectation {
  return ({ log }) => {
    const found = log.filter(
      (line) => line.phase === phase && (reason === undefined || line.reason === reason),
    );
    const what = reason === undefined ? phase : `${phase} (${reason})`;
    return check(found.length === 1, `one log line ${what}`, log);
  };
}

/** At least one such line. */
export function loggedOften(phase: string, reason: string): Expectation {
  return ({ log }) => {
    const found = log.filter((line) => line.phase === phase && line.reason === reason);
    return check(found.length > 0, `log lines ${phase} (${reason})`, log);
  };
}

/** Of `respond`. */
export function calls(service: string, action: string, count: number): Expectation {
  return ({ apiCalls }) => {
    const found = apiCalls.filter(
      (call) => call.by === 'respond' && call.service === service && call.action === action,
    );
    return check(found.length === count, `${count} calls of ${service}:${action}`, found);
  };
}
