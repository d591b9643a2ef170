import { describe, expect, it } from 'vitest';
import { SETTING_TAG_PREFIX, SETTINGS } from '../../../contract/tags.ts';
import { settingsOf } from '../../../lambda/domain/settings.ts';

const DEFAULTS = { 'drain-until': '45', grace: '5' };
const tags = (values: Record<string, string>) => new Map(Object.entries(values));

describe('settingsOf', () => {
  it('takes each known tag over the default', () => {
    expect(settingsOf(tags({ 'spot-guard:drain-until': '60', 'spot-guard:units': 'web' }), DEFAULTS)).toEqual(
      {
        units: 'web',
        'drain-until': '60',
        grace: '5',
      },
    );
  });

  it.each(['$(reboot)', '; rm -rf /', '"\'`\\', 'é漢😀', '', ' ', '{{ Notices }}', 'x'.repeat(256)])(
    'hands on %j as it is',
    (value) => {
      expect(settingsOf(tags({ 'spot-guard:state': value }), {})).toEqual({ state: value });
    },
  );

  it('knows every setting of the contract', () => {
    const all = tags(Object.fromEntries(SETTINGS.map((name) => [SETTING_TAG_PREFIX + name, name])));
    expect(settingsOf(all, {})).toEqual(Object.fromEntries(SETTINGS.map((name) => [name, name])));
  });

  it('leaves unknown tags out', () => {
    const odd = tags({
      'spot-guard:__proto__': 'x',
      'spot-guard:': 'x',
      'spot-guard:Units': 'x',
      units: 'x',
    });
    expect(Object.entries(settingsOf(odd, DEFAULTS))).toEqual(Object.entries(DEFAULTS));
  });
});
