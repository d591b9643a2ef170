import { describe, expect, it } from 'vitest';
import { FUNCTION_VARIABLES } from '../../../contract/environment.ts';
import { readEnvironment } from '../../../lambda/domain/environment.ts';

const variables = (document: string | undefined, defaults: string | undefined) => ({
  [FUNCTION_VARIABLES.document]: document,
  [FUNCTION_VARIABLES.defaults]: defaults,
});
const read = (document: string | undefined, defaults: string | undefined) =>
  readEnvironment(variables(document, defaults), 'document', 'defaults');

describe('readEnvironment', () => {
  it('reads what is named, and nothing else', () => {
    expect(read('Doc', '{"grace":"5","units":"a b"}')).toEqual({
      document: 'Doc',
      defaults: { grace: '5', units: 'a b' },
    });
    expect(read('Doc', '{}').defaults).toEqual({});
    expect(readEnvironment(variables('Doc', undefined), 'document')).toEqual({ document: 'Doc' });
  });

  it('names all faults in one message, without the values', () => {
    expect(() => read(undefined, 'secret')).toThrow(
      /^wrong environment: SPOT_GUARD_DOCUMENT is missing or malformed, .*; SPOT_GUARD_DEFAULTS is missing or malformed, .*; deploy the stack again$/,
    );
    expect(() => read('', 'secret')).not.toThrow(/secret/);
  });

  it.each(['bucket', 'settlementQueue'] as const)('refuses an environment without %s', (name) => {
    expect(() => readEnvironment({}, name)).toThrow(`${FUNCTION_VARIABLES[name]} is missing or malformed`);
    expect(readEnvironment({ [FUNCTION_VARIABLES[name]]: 'x' }, name)).toEqual({ [name]: 'x' });
  });

  it.each([undefined, '', 'null', '[]', '7', '{', '{"grace":5}', '{"Grace":"5"}', '{"__proto__":"5"}'])(
    'refuses the defaults %j',
    (defaults) => {
      expect(() => read('Doc', defaults)).toThrow('SPOT_GUARD_DEFAULTS is missing or malformed');
    },
  );
});
