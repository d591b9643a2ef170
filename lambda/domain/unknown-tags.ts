// Tags that look like SpotGuard's and are none, such as a mistyped `spot-guard:unit`: nothing acts on them.
import { SETTING_TAG_PREFIX, SETTINGS, UNKNOWN_TAG_CHARS, UNKNOWN_TAGS_MAX } from '../../contract/tags.ts';

/** Their names, the first few in order, each cut and made printable. */
export function unknownTags(tags: ReadonlyMap<string, string>): string[] {
  return [...tags.keys()]
    .filter((key) => key.startsWith(SETTING_TAG_PREFIX) && !isSetting(key.slice(SETTING_TAG_PREFIX.length)))
    .sort()
    .slice(0, UNKNOWN_TAGS_MAX)
    .map((key) => key.slice(0, UNKNOWN_TAG_CHARS).replace(/[^\x20-\x7e]/g, '?'));
}

function isSetting(name: string): boolean {
  return SETTINGS.some((setting) => setting === name);
}
