// docs/reference.md, docs/operations.md and docs/outcomes.md say what contract/ and the code say, and no more.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOG_KEYS, PHASES } from '../contract/log.ts';
import { METRICS, OUTCOME_METRICS } from '../contract/metrics.ts';
import { RULES } from '../lambda/domain/outcome.ts';
import { THRESHOLDS } from '../lib/alarm-settings.ts';
import { anchorOf } from '../lib/alarms.ts';
import { synthesise } from './lib/synthesised.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const reference = read('docs/reference.md');
const operations = read('docs/operations.md');

/** The first cells of the table under a heading. */
function namesUnder(page: string, heading: string): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
}

const sources = readdirSync(join(root, 'lambda'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(`lambda/${name}`))
  .join('\n');

describe('docs/reference.md', () => {
  it('names every phase, and no other', () => {
    expect(namesUnder(reference, 'Phases').sort()).toEqual(Object.values(PHASES).sort());
  });

  it('names every key, and no other', () => {
    expect(namesUnder(reference, 'Keys').sort()).toEqual(Object.values(LOG_KEYS).sort());
  });

  it('names every metric, and no other', () => {
    const names = new Set([...Object.values(METRICS), ...Object.values(OUTCOME_METRICS)]);
    expect(namesUnder(reference, 'Metrics').sort()).toEqual([...names].sort());
  });

  it('names only what the functions write', () => {
    const isWritten = (table: string, name: string) =>
      new RegExp(`\\b${table}\\.${name}\\b|\\bphase: '${name}'|^ {2}${name}: '`, 'm').test(sources);
    expect(Object.keys(LOG_KEYS).filter((name) => !isWritten('LOG_KEYS', name))).toEqual([]);
    expect(Object.keys(PHASES).filter((name) => !isWritten('PHASES', name))).toEqual([]);
    // By `respond` under the name of the phase.
    const metrics = Object.keys(METRICS).filter((name) => !Object.hasOwn(PHASES, name));
    expect(metrics.filter((name) => !isWritten('METRICS', name))).toEqual([]);
  });
});

describe('docs/operations.md', () => {
  const alarms = Object.entries(synthesise().findResources('AWS::CloudWatch::Alarm'));
  const headings = [...operations.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
  const anchors = headings.map((heading) => heading.toLowerCase().replaceAll(' ', '-'));

  it('has a heading for each alarm, to which its description leads, and no other', () => {
    const linked = alarms.map(([, { Properties }]) => {
      const [, anchor] =
        /What to do: docs\/operations\.md#([a-z-]+)$/.exec(Properties.AlarmDescription) ?? [];
      return anchor;
    });
    expect(linked.sort()).toEqual([...anchors].sort());
    expect(anchorOf('OutcomeFailed')).toBe('outcome-failed');
  });

  it('names under each heading the setting of its threshold', () => {
    const named = operations
      .split('\n## ')
      .slice(1)
      .map((section) => /setting\s+`(\w+)`/.exec(section)?.[1]);
    expect([...new Set(named)].sort()).toEqual(Object.keys(THRESHOLDS).sort());
  });

  it('names only keys that the log has', () => {
    const [, query = ''] = /```text\n([\s\S]*?)```/.exec(operations) ?? [];
    const keys = (/^fields (.+)$/m.exec(query)?.[1] ?? '').split(', ').filter((key) => !key.startsWith('@'));
    expect(keys.length).toBeGreaterThan(3);
    expect(Object.values(LOG_KEYS)).toEqual(expect.arrayContaining(keys));
  });
});

describe('docs/outcomes.md', () => {
  it('has the rules in their order', () => {
    const [, section = ''] = read('docs/outcomes.md').split('\n## The rules\n');
    const [table = ''] = section.split('\nAn instance is taken');
    const rows = [...table.matchAll(/^\| `?(\w+)`? \| (.+) \|$/gm)].slice(1);
    expect(rows.map(([, outcome, because]) => ({ outcome, because }))).toEqual(
      RULES.map(({ outcome, because }) => ({ outcome, because })),
    );
  });
});
