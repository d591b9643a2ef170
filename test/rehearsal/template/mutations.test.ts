// Nothing in the template is idle: what is broken in it, a scenario notices. Here a few of all; `npm run mutations`
// has the rest.
import { beforeAll, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../../rehearsal/scenarios/index.ts';
import type { Template } from '../../../rehearsal/template/template.ts';
import { synthesised, temporaryFolder, thisHost } from '../world.ts';
import { hunt } from './hunt.ts';
import { type Mutation, mutationsOf } from './mutations.ts';

const folder = temporaryFolder();
const host = thisHost();
let template: Template;
let mutations: Mutation[];
beforeAll(async () => {
  template = await synthesised(folder);
  mutations = mutationsOf(template);
}, 60_000);

describe.concurrent('a template', () => {
  it.each([
    ['IAM::Policy of respond: statement 4 ("ssm:SendCommand") without its condition', 'least-privilege'],
    ['Events::Rule of notices: pattern key detail-type misspelt', 'extra-fields'],
    ['SSM::Association: enabled: Targets.0.Values.0 is "other"', 'guard-installed'],
  ])('with %s is noticed by the scenario %s', { timeout: 60_000 }, async (name, scenario) => {
    const mutation = mutations.find((one) => one.name === name);
    if (mutation === undefined) throw new Error(`no mutation ${name}`);
    expect(await hunt(mutation, host)).toMatchObject({ scenario });
  });
});

describe('the mutations', () => {
  it('have names of their own, and scenarios that exist', () => {
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
    const known = SCENARIOS.map(({ name }) => name);
    expect(mutations.flatMap(({ scenarios }) => scenarios).filter((name) => !known.includes(name))).toEqual(
      [],
    );
    expect(mutations.filter(({ scenarios, survives }) => scenarios.length === 0 && !survives)).toEqual([]);
  });

  it('break every resource, statement, variable, pattern key and step', () => {
    const names = mutations.map(({ name }) => name).join('\n');
    for (const { type } of template.resources.values()) expect(names).toContain(type.replace('AWS::', ''));
    for (const word of ['SPOT_GUARD_DOCUMENT', 'detail-type', 'source', 'account', 'DeadLetterConfig'])
      expect(names).toContain(word);
    for (const step of ['accept', 'drain', 'save', 'clean', 'report', 'install', 'remove'])
      expect(names).toContain(`step ${step} gone`);
    expect(names.match(/statement \d+ \([^)]*\) gone/g)).toHaveLength(39);
  });

  it('change the template that they are made of nowhere else', () => {
    for (const { template: broken, name } of mutations) {
      const same = [...template.resources].filter(([id, resource]) => broken.resources.get(id) === resource);
      expect(same.length, name).toBe(template.resources.size - 1);
    }
  });
});
