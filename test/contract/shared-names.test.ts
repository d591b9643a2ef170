// What TypeScript and the instance's Python both name, they name alike.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DEFAULTS_PARAMETER,
  NOTICES_PARAMETER,
  REPORTS_DEFAULT,
  REPORTS_PARAMETER,
  STAGES,
  STEPS,
} from '../../contract/document.ts';
import {
  BY_COMMAND,
  BY_WATCHER,
  EVENTS,
  EXIT,
  HIBERNATE_SUFFIX,
  HOOK_NOTHING_TO_SAVE,
  HOOK_VARIABLES,
  JOURNAL_PHASES,
  METADATA_VARIABLE,
  PATHS,
  ROOT_VARIABLE,
  RUN_UNIT,
  WATCH_UNIT,
} from '../../contract/instance.ts';
import { ACTIONS, REBALANCE, REBALANCE_SECONDS, WINDOW_SECONDS } from '../../contract/notices.ts';
import { REPORT_MAX_CHARS, REPORT_VERSION } from '../../contract/report.ts';
import { REPORTS_PREFIX } from '../../contract/storage.ts';
import {
  DEFAULT_SECONDS,
  FLEET_ACTIONS,
  GUARD_TAG,
  GUARD_TAG_VALUE,
  REBALANCE_SAVE,
  SECONDS_RANGE,
  SETTING_TAG_PREFIX,
  SETTINGS,
  UNKNOWN_TAG_CHARS,
  UNKNOWN_TAGS_MAX,
} from '../../contract/tags.ts';

const guard = join(import.meta.dirname, '../../instance/guard');
const python = JSON.parse(
  execFileSync(
    'python3',
    [
      '-c',
      'import json; from spot_guard import contract; print(json.dumps({k: v for k, v in vars(contract).items() if k.isupper()}))',
    ],
    { env: { ...process.env, PYTHONPATH: guard, PYTHONDONTWRITEBYTECODE: '1' }, encoding: 'utf8' },
  ),
) as Record<string, unknown>;

const upper = (name: string) => name.replaceAll(/([A-Z])/g, '_$1').toUpperCase();
const typescript: Record<string, unknown> = {
  ROOT_VARIABLE,
  METADATA_VARIABLE,
  RUN_UNIT,
  WATCH_UNIT,
  EVENTS,
  BY_COMMAND,
  BY_WATCHER,
  REBALANCE,
  REBALANCE_SECONDS,
  REBALANCE_SAVE,
  GUARD_TAG,
  GUARD_TAG_VALUE,
  SETTING_TAG_PREFIX,
  UNKNOWN_TAGS_MAX,
  UNKNOWN_TAG_CHARS,
  STAGES,
  STEPS,
  ACTIONS,
  WINDOW_SECONDS,
  SETTINGS,
  FLEET_ACTIONS: Object.keys(FLEET_ACTIONS),
  DEFAULT_SECONDS,
  SECONDS_RANGE: Object.fromEntries(
    Object.entries(SECONDS_RANGE).map(([name, { min, max }]) => [name, [min, max]]),
  ),
  HOOK_NOTHING_TO_SAVE,
  HIBERNATE_SUFFIX,
  REPORT_MAX_CHARS,
  REPORT_VERSION,
  REPORTS_DEFAULT,
  REPORTS_PREFIX,
  RUN_FOLDER: PATHS.run,
  NOTICE_FILE: PATHS.notice,
  ACKNOWLEDGED_FOLDER: PATHS.acknowledged,
  RUNS_FOLDER: PATHS.runs,
  HOOKS_FOLDER: PATHS.hooks,
  ROOTS_FILE: PATHS.roots,
  WATCH_FILE: PATHS.watch,
  WANTED_FILE: PATHS.wanted,
  CONF_FILE: PATHS.conf,
  STATE_FOLDER: PATHS.state,
  TAGS_FILE: PATHS.tags,
  DEFAULTS_FILE: PATHS.defaults,
  STOPPED_FILE: PATHS.stopped,
  LIBRARY_FOLDER: PATHS.library,
  COMMAND_FILE: PATHS.command,
  UNITS_FOLDER: PATHS.units,
  ...Object.fromEntries(Object.entries(EXIT).map(([name, code]) => [`EXIT_${upper(name)}`, code])),
  ...Object.fromEntries(
    Object.entries(HOOK_VARIABLES).map(([name, value]) => [`HOOK_${upper(name)}`, value]),
  ),
};

/** The SSM agent's and systemd's words, which TypeScript has no use for. */
const PYTHON_ALONE = ['INSTANCE_ID_VARIABLE', 'SYSTEMD_FOLDER'];

describe('the contract', () => {
  it('is the same in TypeScript and in Python, name by name', () => {
    expect(Object.keys(python).sort()).toEqual([...Object.keys(typescript), ...PYTHON_ALONE].sort());
    for (const [name, value] of Object.entries(typescript))
      expect([name, python[name]]).toEqual([name, value]);
  });

  it('names every phase that the journal has, and no other', () => {
    const sources = execFileSync(
      'grep',
      ['-rhoE', 'write\\(\\s*"[a-zA-Z]+"|^ +"(started|takenOver)"', guard],
      {
        encoding: 'utf8',
      },
    );
    const written = new Set([...sources.matchAll(/"(\w+)"/g)].map(([, phase]) => phase));
    for (const phase of written) expect(JOURNAL_PHASES).toContain(phase);
  });

  it('names the parameters as the scripts of the documents do', () => {
    const uses = execFileSync('grep', ['-rhoE', '\\{\\{[^}]*\\}\\}', join(guard, '../steps')], {
      encoding: 'utf8',
    });
    expect(new Set(uses.trim().split('\n'))).toEqual(
      new Set([NOTICES_PARAMETER, REPORTS_PARAMETER, DEFAULTS_PARAMETER].map((name) => `{{ ${name} }}`)),
    );
  });
});
