// The settings of one instance: what its tags say, raw, over what the stack says. Only the instance parses them.
import { SETTING_TAG_PREFIX, SETTINGS, type Settings } from '../../contract/tags.ts';

export function settingsOf(tags: ReadonlyMap<string, string>, defaults: Settings): Settings {
  const settings: Settings = {};
  for (const name of SETTINGS) {
    const value = tags.get(SETTING_TAG_PREFIX + name) ?? defaults[name];
    if (value !== undefined) settings[name] = value;
  }
  return settings;
}
