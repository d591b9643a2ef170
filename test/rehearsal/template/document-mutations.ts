// Every way to break an SSM document: for a graceful shutdown, its parameter and each of its steps.
import { isObject, type Json, type JsonObject } from '../../../rehearsal/template/template.ts';
import type { Break } from './breaks.ts';
import { at, entriesOf } from './edits.ts';
import { installDocumentMutations } from './install-mutations.ts';

const STEPS = ['Content', 'mainSteps'];
const PARAMETER = ['Content', 'parameters', 'Notices'];

export function documentMutations(properties: JsonObject): Break[] {
  const steps = entriesOf(at(properties, STEPS)).flatMap(([index, step]) =>
    isObject(step) ? [{ index: Number(index), step, name: String(step.name) }] : [],
  );
  const [first] = steps;
  if (first?.name === 'install' || first?.name === 'remove') {
    return installDocumentMutations(properties, first.name);
  }
  return [
    { name: 'gone', edits: [{ path: [] }] },
    { name: 'without its parameter', edits: [{ path: PARAMETER }] },
    { name: 'of another schema', edits: [{ path: ['Content', 'schemaVersion'], value: '1.2' }] },
    {
      name: 'with a pattern that no value fits',
      edits: [{ path: [...PARAMETER, 'allowedPattern'], value: '^[a-z]{3}$' }],
    },
    { name: 'with room for 10 characters', edits: [{ path: [...PARAMETER, 'maxChars'], value: 10 }] },
    {
      name: 'without a pattern',
      edits: [{ path: [...PARAMETER, 'allowedPattern'] }],
      survives: 'a second lock: respond sends nothing else; test/instance/document.test.ts asks for it',
    },
    {
      name: 'without a least length',
      edits: [{ path: [...PARAMETER, 'minChars'] }],
      survives: 'the pattern asks for a character too',
    },
    ...steps.flatMap(stepBreaks),
    ...steps.slice(1).map(({ index, step, name }): Break => {
      const before = steps[index - 1];
      return {
        name: `${before?.name} and ${name} swapped`,
        edits: [
          { path: [...STEPS, index - 1], value: step },
          { path: [...STEPS, index], value: before?.step ?? null },
        ],
      };
    }),
  ];
}

function stepBreaks({ index, step, name }: { index: number; step: JsonObject; name: string }): Break[] {
  const path = [...STEPS, index];
  const script = [...path, 'inputs', 'runCommand'];
  const lines = entriesOf(at(step, ['inputs', 'runCommand'])).map(([, line]) => String(line));
  const scriptWith = (what: string, from: string | RegExp, to: string): Break => {
    const value: Json = lines.map((line) => line.replace(from, to));
    if (value.join() === lines.join()) throw new Error(`step ${name}: nothing to replace for: ${what}`);
    return { name: `step ${name} ${what}`, edits: [{ path: script, value }] };
  };
  const short: Break = {
    name: `step ${name} killed after 5 s`,
    edits: [{ path: [...path, 'inputs', 'timeoutSeconds'], value: '5' }],
    scenarios: ['long-stages'],
  };
  const brief = name === 'accept' || name === 'report';
  return [
    { name: `step ${name} gone`, edits: [{ path }] },
    { name: `step ${name} without a script`, edits: [{ path: script, value: [] }] },
    scriptWith('with another interpreter', /^#!.*/, '#!/usr/bin/nonesuch'),
    scriptWith('with another Python', /^exec python3/, 'exec python2.2'),
    scriptWith('without the parameter', '{{ Notices }}', ''),
    scriptWith('with the parameter misspelt', '{{ Notices }}', '{{ Notice }}'),
    scriptWith('with another guard', /guard-[0-9a-f]{8}/, 'guard-00000000'),
    {
      name: `step ${name} of another action`,
      edits: [{ path: [...path, 'action'], value: 'aws:runShelScript' }],
    },
    {
      name: `step ${name} for Windows`,
      edits: [{ path: [...path, 'precondition', 'StringEquals', 1], value: 'Windows' }],
    },
    {
      name: `step ${name} without its condition`,
      edits: [{ path: [...path, 'precondition'] }],
      survives:
        'it keeps other platforms out, and the rehearsal has Linux alone; test/instance/document.test.ts asks for it',
    },
    brief ? { ...short, survives: 'no plan makes it last; the number is one for all steps' } : short,
  ];
}
