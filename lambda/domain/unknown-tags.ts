// Tags that look like SpotGuard's and are none, such as a mistyped `spot-guard:unit`: nothing acts on them.
import {
  FLEET_ACTIONS,
  SETTING_TAG_PREFIX,
  SETTINGS,
  UNKNOWN_TAG_CHARS,
  UNKNOWN_TAGS_MAX,
} from '../../contract/tags.ts';

const FLEET: Readonly<Record<string, string>> = FLEET_ACTIONS;

/** Their names, the first few in order, each cut and made printable. */
export function unknownTags(tags: ReadonlyMap<string, string>): string[] {
  return [...tags]
    .filter(([key, value]) => key.startsWith(SETTING_TAG_PREFIX) && !isKnown(key, value))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, UNKNOWN_TAGS_MAX)
    .map(([key]) => key.slice(0, UNKNOWN_TAG_CHARS).replace(/[^\x20-\x7e]/g, '?'));
}

/** Of a fleet action one value alone means something: any other is a near miss. */
function isKnown(key: string, value: string): boolean {
  const name = key.slice(SETTING_TAG_PREFIX.length);
  return (
    SETTINGS.some((setting) => setting === name) || (Object.hasOwn(FLEET, name) && FLEET[name] === value)
  );
}
