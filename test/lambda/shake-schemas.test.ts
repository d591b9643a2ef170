import { describe, expect, it } from 'vitest';
import { withConstantKeys, withoutErrors } from '../../lambda/shake-schemas.ts';

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

describe('withoutErrors', () => {
  it('leaves the base class of a service alone, and its errors out', () => {
    const base = '_s_registry.registerError(SSMServiceException$, SSMServiceException);\n';
    expect(withoutErrors(`${base}n0_registry.registerError(AlreadyExists$, AlreadyExists);\n`)).toBe(
      `${base}\n`,
    );
  });
});
