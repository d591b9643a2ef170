import { describe, expect, it } from 'vitest';
import { FUNCTION_VARIABLES } from '../../../contract/environment.ts';
import { readEnvironment } from '../../../lambda/respond/environment.ts';

const read = (document: string | undefined, defaults: string | undefined) =>
  readEnvironment({ [FUNCTION_VARIABLES.document]: document, [FUNCTION_VARIABLES.defaults]: defaults });

describe('readEnvironment', () => {
  it('reads the document and the defaults', () => {
    expect(read('Doc', '{"grace":"5","units":"a b"}')).toEqual({
      document: 'Doc',
      defaults: { grace: '5', units: 'a b' },
    });
    expect(read('Doc', '{}').defaults).toEqual({});
  });

  it('names all faults in one message, without the values', () => {
    expect(() => read(undefined, 'secret')).toThrow(
      /^wrong environment: SPOT_GUARD_DOCUMENT is missing or empty, .*; SPOT_GUARD_DEFAULTS is missing or malformed, .*; deploy the stack again$/,
    );
    expect(() => read('', 'secret')).not.toThrow(/secret/);
  });

  it.each([undefined, '', 'null', '[]', '7', '{', '{"grace":5}', '{"Grace":"5"}', '{"__proto__":"5"}'])(
    'refuses the defaults %j',
    (defaults) => {
      expect(() => read('Doc', defaults)).toThrow('SPOT_GUARD_DEFAULTS is missing or malformed');
    },
  );
});
