// Every way to break what installs the guard and takes it off: the two documents, and their associations.
import { isObject, type Json, type JsonObject } from '../../../rehearsal/template/template.ts';
import { type Break, changed, dropped, gone, ofOne, PLAIN } from './breaks.ts';
import { at, entriesOf } from './edits.ts';

/** Who must notice, by the document's one step and by the tag's value. */
const NOTICED_BY = {
  install: { scenarios: ['guard-installed'] },
  remove: { scenarios: ['guard-removed'] },
} as const;
/** What nobody can notice in a rehearsal. */
const SECOND_LOCK = {
  survives: "a second lock: the stack's own value fits; test/instance/install-document.test.ts asks for it",
};
const ALWAYS_GIVEN = {
  survives: 'the association gives it always; test/instance/install-document.test.ts asks for it',
};
const ONLY_LINUX = {
  survives: 'every instance here is Linux; test/instance/install-document.test.ts asks for it',
};
const NOTHING_HANGS = {
  survives: 'nothing hangs here for an hour; test/instance/install-document.test.ts asks for it',
};
const ONE_INSTANCE = {
  survives: 'there is one instance, for some seconds; test/lib/install.test.ts asks for it',
};
const CONTENT = ['Content'];
const PARAMETER = [...CONTENT, 'parameters', 'Defaults'];
const STEP = [...CONTENT, 'mainSteps', 0];
const SCRIPT = [...STEP, 'inputs', 'runCommand'];

/** `step`: the document's one. */
export function installDocumentMutations(properties: JsonObject, step: 'install' | 'remove'): Break[] {
  const noticed = NOTICED_BY[step];
  const lines = entriesOf(at(properties, SCRIPT)).map(([, line]) => String(line));
  const scriptWith = (what: string, from: string | RegExp, to: string): Break => {
    const value: Json = lines.map((line) => line.replace(from, to));
    if (value.join() === lines.join()) throw new Error(`step ${step}: nothing to replace for: ${what}`);
    return { name: `step ${step} ${what}`, edits: [{ path: SCRIPT, value }], ...noticed };
  };
  const ofInstall = (): Break[] => [
    dropped(PARAMETER),
    changed([...PARAMETER, 'allowedPattern'], '^[a-z]{3}$'),
    dropped([...PARAMETER, 'allowedPattern'], SECOND_LOCK),
    dropped([...PARAMETER, 'default'], ALWAYS_GIVEN),
    scriptWith('with another Python', /^exec python3/, 'exec python2.2'),
    scriptWith('without the parameter', '{{ Defaults }}', ''),
    scriptWith('with the parameter misspelt', '{{ Defaults }}', '{{ Default }}'),
    scriptWith('with the sum of another guard', /echo "[0-9a-f]{8}/, 'echo "00000000'),
    scriptWith('with another command', ' install ', ' instal '),
  ];
  const ofRemove = (): Break[] => [
    scriptWith('with another guard', 'lib/spot-guard', 'lib/guard'),
    scriptWith('with another command', ' uninstall', ' uninstal'),
  ];
  return [
    gone([PLAIN]),
    changed([...CONTENT, 'schemaVersion'], '1.2'),
    { name: `step ${step} gone`, edits: [{ path: STEP }], ...noticed },
    { name: `step ${step} without a script`, edits: [{ path: SCRIPT, value: [] }], ...noticed },
    scriptWith('with another interpreter', /^#!.*/, '#!/usr/bin/nonesuch'),
    changed([...STEP, 'action'], 'aws:runShelScript', noticed),
    changed([...STEP, 'precondition', 'StringEquals', 1], 'Windows', noticed),
    dropped([...STEP, 'precondition'], ONLY_LINUX),
    dropped([...STEP, 'inputs', 'timeoutSeconds'], NOTHING_HANGS),
    ...(step === 'install' ? ofInstall() : ofRemove()),
  ].map(ofOne(`${step}-guard`));
}

export function associationMutations(properties: JsonObject): Break[] {
  const target = ['Targets', 0];
  const parameter = ['Parameters', 'Defaults'];
  const tagValue = String(at(properties, [...target, 'Values', 0]));
  const noticed = NOTICED_BY[tagValue === 'remove' ? 'remove' : 'install'];
  const ofParameters = [
    dropped(['Parameters'], noticed),
    changed([...parameter, 0], 'drain-until=44', noticed),
    changed([...parameter, 0], 'Drain until 44'),
    changed(['Parameters'], { Default: ['drain-until=45'] }),
  ];
  return [
    gone(noticed.scenarios),
    changed(['Name'], 'other'),
    changed(['Targets'], []),
    changed([...target, 'Key'], 'spot-guard'),
    changed([...target, 'Key'], 'tag:other', noticed),
    changed([...target, 'Values', 0], 'other', noticed),
    changed(['ScheduleExpression'], 'every half hour'),
    dropped(['ScheduleExpression'], ONE_INSTANCE),
    dropped(['MaxConcurrency'], ONE_INSTANCE),
    dropped(['MaxErrors'], ONE_INSTANCE),
    ...(isObject(properties.Parameters) ? ofParameters : []),
  ].map(ofOne(tagValue));
}
