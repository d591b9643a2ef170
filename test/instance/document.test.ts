// The SSM document for a graceful shutdown, as built: what the agent and the service ask of it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  DOCUMENT_MAX_BYTES,
  NOTICES_MAX_CHARS,
  NOTICES_PARAMETER,
  NOTICES_PATTERN,
  REPORTS_MAX_CHARS,
  REPORTS_PARAMETER,
  REPORTS_PATTERN,
  STEPS,
} from '../../contract/document.ts';
import { gracefulShutdown, installGuard } from '../../instance/document.ts';

const dist = join(import.meta.dirname, '../../dist/instance');
const text = readFileSync(join(dist, 'graceful-shutdown.json'), 'utf8');
const document = JSON.parse(text) as {
  schemaVersion: string;
  parameters: Record<string, Record<string, unknown>>;
  mainSteps: { name: string; action: string; inputs: { runCommand: string[]; timeoutSeconds: string } }[];
};
const scripts = document.mainSteps.map(({ name, inputs }) => [name, inputs.runCommand.join('\n')] as const);

describe('the document', () => {
  it('leaves room for its parameters within the 64 KB that SSM allows for both', () => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(DOCUMENT_MAX_BYTES);
    expect(DOCUMENT_MAX_BYTES + NOTICES_MAX_CHARS + REPORTS_MAX_CHARS).toBeLessThanOrEqual(64_000);
  });

  it('has one step a stage after accept, each with a time-out that the agent takes', () => {
    expect(document.schemaVersion).toBe('2.2');
    expect(document.mainSteps.map(({ name }) => name)).toEqual([...STEPS]);
    for (const { action, inputs } of document.mainSteps) {
      expect(action).toBe('aws:runShellScript');
      expect(Number(inputs.timeoutSeconds)).toBeGreaterThan(120);
    }
  });

  it('takes parameters whose patterns are anchored and let nothing out of single quotes', () => {
    expect(document.parameters).toMatchObject({
      [NOTICES_PARAMETER]: { allowedPattern: NOTICES_PATTERN },
      [REPORTS_PARAMETER]: { allowedPattern: REPORTS_PATTERN },
    });
    expect(Object.keys(document.parameters)).toHaveLength(2);
    for (const pattern of [new RegExp(NOTICES_PATTERN), new RegExp(REPORTS_PATTERN)]) {
      for (const hostile of ["a'; reboot; '", 'a b', '$(id)', 'a\nb', '{{ x }}', 'a"b', 'a\\']) {
        expect([hostile, pattern.test(hostile)]).toEqual([hostile, false]);
      }
    }
    expect('').not.toMatch(new RegExp(NOTICES_PATTERN));
    expect(Buffer.from('{"i-1":"é"}').toString('base64url')).toMatch(new RegExp(NOTICES_PATTERN));
    expect('my.reports-123').toMatch(new RegExp(REPORTS_PATTERN));
  });

  it('may be called without a bucket for reports, as before there was one', () => {
    expect(document.parameters[NOTICES_PARAMETER]).not.toHaveProperty('default');
    expect(document.parameters[REPORTS_PARAMETER]).toMatchObject({
      type: 'String',
      default: '',
      maxChars: 63,
    });
  });

  it.each(scripts)('has in %s a script that the agent and every shell take', (_, script) => {
    expect(script.startsWith('#!/bin/sh\n')).toBe(true);
    expect(script).not.toContain('\r');
    expect(script).not.toContain('$$'); // the agent makes one dollar of two
    expect(script.replaceAll(/'\{\{ (Notices|Reports) \}\}'/g, '')).not.toContain('{{');
    expect(script).toMatch(/ '\{\{ Notices \}\}' '\{\{ Reports \}\}'$/);
    expect(script).not.toMatch(/\$HOME|~\/|\$USER|\btty\b|@[A-Z0-9]+@/);
  });

  it('carries the guard whole, named by its hash', () => {
    const guard = readFileSync(join(dist, 'trigger.pyz'));
    const sha256 = createHash('sha256').update(guard).digest('hex');
    const accept = document.mainSteps[0]?.inputs.runCommand ?? [];
    const payload = accept[accept.findIndex((line) => line.includes("<<'GUARD'")) + 1] ?? '';
    expect(gunzipSync(Buffer.from(payload, 'base64')).equals(guard)).toBe(true);
    for (const [, script] of scripts) expect(script).toContain(`guard-${sha256}.pyz`);
  });

  it('is refused by the build when it grows past its share', () => {
    const guard = { sha256: 'x', gzip: Buffer.alloc(50_000, 1) };
    const scripts = { guard: '@BASE64@', accept: '@GUARD@', stage: '', install: '@GUARD@', remove: '' };
    for (const build of [gracefulShutdown, installGuard]) {
      expect(() => build(guard, scripts)).toThrow(
        /^the SSM document has \d+ bytes, at most (44|63)000 are allowed: make the guard smaller$/,
      );
    }
  });
});
