import { describe, expect, it } from 'vitest';
import { SETTING_TAG_PREFIX, SETTINGS } from '../../../contract/tags.ts';
import { unknownTags } from '../../../lambda/domain/unknown-tags.ts';

const of = (...names: string[]) => unknownTags(new Map(names.map((name) => [name, 'secret'])));

describe('unknownTags', () => {
  it('names what begins as a setting does and is none', () => {
    expect(of('spot-guard', 'Name', 'spot-guard:units', 'spot-guard:unit', 'spot-guard:Units')).toEqual([
      'spot-guard:Units',
      'spot-guard:unit',
    ]);
  });

  it('knows every setting of the contract, and the tags of others', () => {
    const settings = SETTINGS.map((name) => SETTING_TAG_PREFIX + name);
    expect(of('spot-guard', 'spot-guardian:unit', 'spotguard:unit', 'aws:x', ...settings)).toEqual([]);
  });

  it('takes no inherited name for a setting', () => {
    expect(of('spot-guard:constructor', 'spot-guard:__proto__', 'spot-guard:')).toEqual([
      'spot-guard:',
      'spot-guard:__proto__',
      'spot-guard:constructor',
    ]);
  });

  it('names five at most, each in at most 40 printable characters, whatever EC2 says', () => {
    const hostile = '\u001b[2J\n"},{é漢😀'.repeat(9);
    const names = of(...Array.from({ length: 50 }, (_, index) => `spot-guard:${index}${hostile}`));
    expect(names).toHaveLength(5);
    for (const name of names) expect(name).toMatch(/^[ -~]{1,40}$/);
  });
});
