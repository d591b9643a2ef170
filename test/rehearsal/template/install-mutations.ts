// Every way to break what installs the guard and takes it off: the two documents, and their associations.
import { isObject, type Json, type JsonObject } from '../../../rehearsal/template/template.ts';
import { type Break, changed, dropped, gone, ofOne, PLAIN } from './breaks.ts';
import { at, entriesOf } from './edits.ts';

/** Nothing applies an association in a rehearsal yet: only what could not be deployed is noticed. */
const NOT_RUN = {
  document: { survives: 'no scenario runs it yet; test/instance/install-document.test.ts asks for it' },
  association: { survives: 'no scenario applies it yet; test/lib/install.test.ts asks for it' },
} as const;
const CONTENT = ['Content'];
const PARAMETER = [...CONTENT, 'parameters', 'Defaults'];
const STEP = [...CONTENT, 'mainSteps', 0];
const SCRIPT = [...STEP, 'inputs', 'runCommand'];

/** `step`: the document's one step, `install` or `remove`. */
export function installDocumentMutations(properties: JsonObject, step: string): Break[] {
  const lines = entriesOf(at(properties, SCRIPT)).map(([, line]) => String(line));
  const scriptWith = (what: string, from: string | RegExp, to: string): Break => {
    const value: Json = lines.map((line) => line.replace(from, to));
    if (value.join() === lines.join()) throw new Error(`step ${step}: nothing to replace for: ${what}`);
    return { name: `step ${step} ${what}`, edits: [{ path: SCRIPT, value }], ...NOT_RUN.document };
  };
  const ofInstall = (): Break[] => [
    dropped(PARAMETER),
    changed([...PARAMETER, 'allowedPattern'], '^[a-z]{3}$'),
    dropped([...PARAMETER, 'allowedPattern'], NOT_RUN.document),
    dropped([...PARAMETER, 'default'], NOT_RUN.document),
    scriptWith('with another Python', /^exec python3/, 'exec python2.2'),
    scriptWith('without the parameter', '{{ Defaults }}', ''),
    scriptWith('with the parameter misspelt', '{{ Defaults }}', '{{ Default }}'),
    scriptWith('with another guard', /guard-[0-9a-f]{8}/, 'guard-00000000'),
    scriptWith('with another command', ' install ', ' instal '),
  ];
  const ofRemove = (): Break[] => [
    scriptWith('with another guard', 'bin/spot-guard', 'bin/guard'),
    scriptWith('with another command', ' uninstall', ' uninstal'),
  ];
  return [
    gone([PLAIN]),
    changed([...CONTENT, 'schemaVersion'], '1.2'),
    { name: `step ${step} gone`, edits: [{ path: STEP }], ...NOT_RUN.document },
    { name: `step ${step} without a script`, edits: [{ path: SCRIPT, value: [] }], ...NOT_RUN.document },
    scriptWith('with another interpreter', /^#!.*/, '#!/usr/bin/nonesuch'),
    changed([...STEP, 'action'], 'aws:runShelScript', NOT_RUN.document),
    changed([...STEP, 'precondition', 'StringEquals', 1], 'Windows', NOT_RUN.document),
    dropped([...STEP, 'precondition'], NOT_RUN.document),
    dropped([...STEP, 'inputs', 'timeoutSeconds'], NOT_RUN.document),
    ...(step === 'install' ? ofInstall() : ofRemove()),
  ].map(ofOne(`${step}-guard`));
}

export function associationMutations(properties: JsonObject): Break[] {
  const target = ['Targets', 0];
  const parameter = ['Parameters', 'Defaults'];
  const ofParameters = [
    dropped(['Parameters'], NOT_RUN.association),
    changed([...parameter, 0], 'drain-until=44', NOT_RUN.association),
    changed([...parameter, 0], 'Drain until 44'),
    changed(['Parameters'], { Default: ['drain-until=45'] }),
  ];
  return [
    { ...gone([PLAIN]), ...NOT_RUN.association },
    changed(['Name'], 'other'),
    changed(['Targets'], []),
    changed([...target, 'Key'], 'spot-guard'),
    changed([...target, 'Key'], 'tag:other', NOT_RUN.association),
    changed([...target, 'Values', 0], 'other', NOT_RUN.association),
    changed(['ScheduleExpression'], 'every half hour'),
    dropped(['ScheduleExpression'], NOT_RUN.association),
    dropped(['MaxConcurrency'], NOT_RUN.association),
    dropped(['MaxErrors'], NOT_RUN.association),
    ...(isObject(properties.Parameters) ? ofParameters : []),
  ].map(ofOne(String(at(properties, [...target, 'Values', 0]))));
}
