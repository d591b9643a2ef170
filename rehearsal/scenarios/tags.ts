// Scenarios of what tags say: code instead of names, odd text, and another word than the stack's.
import { existsSync } from 'node:fs';
import { NOTICES_PARAMETER } from '../../contract/document.ts';
import type { Notices } from '../../contract/notices.ts';
import { check, type Evidence, type Scenario } from '../scenario.ts';
import {
  answeredAtOnce,
  everyStepSucceeded,
  hooksRan,
  oneRun,
  prepareWorkload,
  reportInTime,
  WORKER,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

export const hostileTags: Scenario = {
  name: 'hostile-tags',
  story:
    'tags hold shell code: it is refused as data, reported, and never run; the rest of the plan still runs',
  expected: 'failed',
  onlyInAll: true,
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

/** All that a tag can hold, and some that it cannot. */
const ODD = {
  quotes: `"'\`"' \\" \\\\'; $'x' "$(touch work/tag-was-run)"`,
  newlines: 'a\u2028b\u2029c\u0085d\u000be\\nf\r\n[g]',
  unicode: 'e\u0301\u202etxt.\u200b\ufeff\u{1f4a5}\ud7ff\u{10ffff}',
  long: `${'\u{1f4be}'.repeat(40)}${'x'.repeat(176)}`,
} as const;

export const oddText: Scenario = {
  name: 'odd-text',
  story:
    'tags hold quotes, line separators, emoji, 256 characters and names of objects: the settings arrive whole',
  expected: 'failed',
  onlyInAll: true,
  tags: {
    ...WORKER_TAGS,
    'spot-guard:containers': ODD.quotes,
    'spot-guard:state': ODD.newlines,
    'spot-guard:workload': ODD.long,
    'spot-guard:grace': ODD.unicode,
    'spot-guard:unknown': ODD.quotes,
    ['__proto__']: 'x',
    constructor: 'x',
    [ODD.newlines]: ODD.quotes,
    ...Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`other-${n}`, ODD.long])),
  },
  prepare: prepareWorkload,
  expectations: [
    ({ instance }) => hooksRan(instance, ['drain', 'save', 'clean']),
    ({ instance }) => check(!existsSync(instance.at('work/tag-was-run')), 'no tag to be run', 'its file'),
    ({ instance }) =>
      check(
        instance.read('work/worker').endsWith('finished\n'),
        'the named unit to stop',
        instance.read('work/worker'),
      ),
    (evidence) => {
      const settings = sentSettings(evidence);
      const { units, containers, state, workload, grace } = settings;
      const whole =
        units === WORKER &&
        containers === ODD.quotes &&
        // XML makes one line feed of a carriage return and a line feed.
        state?.replace('\r\n', '\n') === ODD.newlines.replace('\r\n', '\n') &&
        workload === ODD.long &&
        grace === ODD.unicode;
      return check(whole, 'the tags as they are', settings);
    },
    ({ verdict }) =>
      check((verdict.report?.refused.length ?? 0) >= 4, 'the refused settings in the report', verdict.report),
    reportInTime,
    oneRun,
    answeredAtOnce,
  ],
};

export const twoSources: Scenario = {
  name: 'two-settings-sources',
  story: 'the stack and a tag set the same moment: the tag holds, and the stack where there is none',
  expected: 'graceful',
  onlyInAll: true,
  tags: { ...WORKER_TAGS, 'spot-guard:drain-until': '60', 'spot-guard:grace': '2' },
  prepare: prepareWorkload,
  expectations: [
    (evidence) => {
      const settings = sentSettings(evidence);
      const wanted = {
        units: WORKER,
        'drain-until': '60',
        'save-until': '10',
        'clean-until': '5',
        grace: '2',
      };
      return check(JSON.stringify(settings) === JSON.stringify(wanted), JSON.stringify(wanted), settings);
    },
    ({ journal, deadline, windowSeconds }) => {
      const until = journal.find(({ phase, stage }) => phase === 'stageStarted' && stage === 'drain')?.until;
      const left = deadline - (until ?? 0);
      // With the stack's 45 s it would be three quarters of that.
      return check(left > 0.45 * windowSeconds, 'drain to end at half of the window', left);
    },
    workIsSafe,
    everyStepSucceeded,
    reportInTime,
  ],
};

/** What the command tells the instance. */
function sentSettings({ invocations, instance }: Evidence) {
  const encoded = invocations[0]?.command.parameters[NOTICES_PARAMETER] ?? '';
  const notices = JSON.parse(Buffer.from(encoded, 'base64url').toString() || '{}') as Notices;
  return notices[instance.id]?.settings ?? {};
}
