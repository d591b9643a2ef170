// The settings of an instance are its own tags', over the stack's, and nothing else's.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { SETTING_TAG_PREFIX, SETTINGS, type Settings } from '../../contract/tags.ts';
import { settingsOf } from '../../lambda/domain/settings.ts';
import { holds, TIMEOUT } from './cases.ts';

const value = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '$(reboot)', '; rm -rf /'),
);
const name = fc.oneof(
  fc.constantFrom(...SETTINGS).map((setting) => SETTING_TAG_PREFIX + setting),
  fc.constantFrom(...SETTINGS).map((setting) => (SETTING_TAG_PREFIX + setting).toUpperCase()),
  fc.constantFrom(...SETTINGS),
  fc.constantFrom(
    'spot-guard',
    'spot-guard:',
    '__proto__',
    'constructor',
    'spot-guard:__proto__',
    'spot-guard:toString',
  ),
  fc.string(),
);
const tags = fc.array(fc.tuple(name, value)).map((entries) => new Map(entries));
const defaults = fc.record(Object.fromEntries(SETTINGS.map((setting) => [setting, value])), {
  requiredKeys: [],
}) as fc.Arbitrary<Settings>;

describe('settings from tags', { timeout: TIMEOUT }, () => {
  it("are the tag's value, else the stack's, else absent, as they were written", () => {
    holds(
      fc.property(tags, defaults, (ofInstance, ofStack) => {
        const settings = settingsOf(ofInstance, ofStack);
        const expected: Settings = {};
        for (const setting of SETTINGS) {
          const tag = ofInstance.get(`spot-guard:${setting}`) ?? ofStack[setting];
          if (tag !== undefined) expected[setting] = tag;
        }
        assert.deepEqual(settings, expected);
      }),
    );
  });
});
