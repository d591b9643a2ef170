import { describe, expect, it } from 'vitest';
import {
  READ_BY_RESPOND,
  withConstantKeys,
  withMembersRead,
  withoutErrors,
} from '../../lambda/shake-schemas.ts';

describe('withConstantKeys', () => {
  it('puts the constants in for computed keys', () => {
    const source = 'const _A = "Address";\nconst _q = "a\\"b";\nvar s = { [_A]: 0, [_q]: [_A] };\n';
    expect(withConstantKeys(source)).toBe(
      'const _A = "Address";\nconst _q = "a\\"b";\nvar s = { "Address": 0, "a\\"b": [_A] };\n',
    );
  });

  it.each([
    ['a key it does not know', 'var s = { [_A]: 0 };'],
    ['a constant that is no string', 'const _A = 7;\nvar s = { [_A]: 0 };'],
    ['a constant in another layout', 'const _A = "A", _B = "B";\nvar s = { [_A]: 0 };'],
    ['a key that would set the prototype', 'const _A = "__proto__";\nvar s = { [_A]: 0 };'],
    ['no schema at all', 'export const a = 1;'],
  ])('leaves %s as it is', (_name, source) => {
    expect(withConstantKeys(source)).toBe(source);
  });
});

describe('withMembersRead', () => {
  const constants =
    'const _I = "Instance";\nconst _BD = "BlockDevice";\nconst _II = "InstanceId";\nconst _T = "Tags";\n';
  const structure = (name: string, members: string, types: string) =>
    `export var ${name}$ = [3, n0, _I,\n    0,\n    ${members},\n    ${types}\n];\n`;
  const types =
    '[[() => BlockDevices, { [_eQN]: `B, D`, [_xN]: _b }], [0, { [_xN]: _i }], [() => TagList, 0]]';

  it('leaves of a structure the members that are read, each with its type', () => {
    expect(withMembersRead(constants + structure('Instance', '[_BD, _II, _T]', types), READ_BY_RESPOND)).toBe(
      constants + structure('Instance', '[_II, _T]', '[[0, { [_xN]: _i }], [() => TagList, 0]]'),
    );
  });

  it.each([
    ['of which all may be read', structure('Volume', '[_BD, _II, _T]', types)],
    ['with required members', structure('Instance', '[_BD, _II, _T]', types).replace('\n];', ', 1\n];')],
  ])('leaves a structure %s as it is', (_name, source) => {
    expect(withMembersRead(constants + source, READ_BY_RESPOND)).toBe(constants + source);
  });
});

describe('withoutErrors', () => {
  it('leaves the base class of a service alone, and its errors out', () => {
    const base = '_s_registry.registerError(SSMServiceException$, SSMServiceException);\n';
    expect(withoutErrors(`${base}n0_registry.registerError(AlreadyExists$, AlreadyExists);\n`)).toBe(
      `${base}\n`,
    );
  });
});
