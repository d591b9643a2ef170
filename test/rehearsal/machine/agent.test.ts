import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Agent } from '../../../rehearsal/machine/agent.ts';
import { killAll, processesOf } from '../../../rehearsal/machine/processes.ts';
import { runScript } from '../../../rehearsal/machine/shell.ts';
import { stepTimeout } from '../../../rehearsal/machine/steps.ts';
import { Commands, type Invocation } from '../../../rehearsal/region/commands.ts';
import { parseDocument, substitute } from '../../../rehearsal/region/document.ts';
import type { Json } from '../../../rehearsal/template/template.ts';
import { temporaryFolder } from '../world.ts';

const root = join(temporaryFolder(), 'instance');
mkdirSync(root);
const place = { instanceId: 'i-00000000', region: 'us-east-1', root, path: '/usr/bin:/bin' };
afterAll(() => killAll(root));

let serial = 0;
const shell = (text: string, timeoutSeconds = 60) => {
  serial += 1;
  return runScript(place, { commandId: `c${serial}`, step: 'one', text, timeoutSeconds });
};

/** Runs a document whose steps are given by their inputs, as the agent does; resolves when all are done. */
async function runDocument(
  steps: readonly { script: string; inputs?: object; precondition?: Json }[],
  parameters: Record<string, string> = {},
  allowedPattern?: string,
): Promise<Invocation> {
  const commands = new Commands();
  const document = parseDocument('d', {
    schemaVersion: '2.2',
    parameters: Object.fromEntries(
      Object.keys(parameters).map((name) => [
        name,
        { type: 'String', ...(allowedPattern ? { allowedPattern } : {}) },
      ]),
    ),
    mainSteps: steps.map(({ script, inputs, precondition }, index) => ({
      name: `s${index + 1}`,
      action: 'aws:runShellScript',
      inputs: { runCommand: script.split('\n'), ...inputs },
      ...(precondition === undefined ? {} : { precondition }),
    })),
  });
  return new Promise((resolve) => {
    const agent = new Agent({
      instanceId: place.instanceId,
      commands,
      pickUpAtMs: 0,
      runScript: (script) => runScript(place, script),
      onStarted: () => undefined,
      onStep: (invocation) => {
        if (invocation.steps.length < steps.length) return;
        setImmediate(() => {
          agent.stop();
          resolve(invocation);
        });
      },
    });
    const id = crypto.randomUUID();
    commands.send({
      id,
      document,
      parameters,
      comment: '',
      instanceIds: [place.instanceId],
      receivedMs: Date.now(),
      timeoutSeconds: 30,
    });
  });
}

describe('a step of the agent', () => {
  it("runs the script as a file, by its own first line, with the agent's environment and no other", async () => {
    const { stdout, exit } = await shell(
      '#!/bin/sh\npwd; umask; echo "$0"; env | sort; read -r x || echo closed',
    );
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^\/usr\/bin\n0022\n.*document\/orchestration\/c\d+\/one\/_script\.sh\n/);
    const names = [...stdout.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(names.filter((name) => name !== 'PWD' && name !== '_' && name !== 'SHLVL')).toEqual([
      'AWS_SSM_INSTANCE_ID',
      'AWS_SSM_PLATFORM_NAME',
      'AWS_SSM_PLATFORM_VERSION',
      'AWS_SSM_REGION_NAME',
      'PATH',
      'SPOT_GUARD_ROOT',
      'SSM_COMMAND_ID',
    ]);
    expect(stdout).toMatch(/closed\n$/);
  });

  it('ends only when every holder of its output has closed it', async () => {
    const started = Date.now();
    await shell('#!/bin/sh\nsleep 0.7 &\nexit 0');
    expect(Date.now() - started).toBeGreaterThanOrEqual(650);
    const again = Date.now();
    await shell('#!/bin/sh\nsleep 5 </dev/null >/dev/null 2>&1 &\nexit 0');
    expect(Date.now() - again).toBeLessThan(3_000);
  });

  it('is killed with its group at the timeout, with no SIGTERM before', async () => {
    const script = `#!/bin/sh\ntrap 'echo told' TERM\ntrap 'echo left' EXIT\necho on\nsh -c "trap '' TERM; sleep 60" &\nsleep 60`;
    const { exit, timedOut, stdout } = await shell(script, 0.5);
    expect({ exit, timedOut, stdout }).toEqual({ exit: 137, timedOut: true, stdout: 'on\n' });
  });

  it('fails where only a child of another session holds the pipe at the timeout', async () => {
    const { timedOut, exit, stderr } = await shell('#!/bin/sh\nsetsid sleep 3 &\nsleep 0.1; exit 0', 0.6);
    expect({ timedOut, exit, stderr }).toEqual({ timedOut: false, exit: 1, stderr: 'no such process' });
  });

  it('keeps the first 24,000 characters of its output', async () => {
    const { stdout } = await shell('#!/bin/sh\nhead -c 100000 /dev/zero | tr "\\0" x');
    expect(stdout).toHaveLength(24_000);
  });

  it('is found with all its children by the folder, and killed with them', async () => {
    const running = shell('#!/bin/sh\nsetsid sleep 61 &\nsleep 60');
    await expect.poll(() => processesOf(root).length).toBeGreaterThanOrEqual(2);
    expect(await killAll(root)).toEqual([]);
    expect((await running).exit).toBe(137);
  });
});

describe('a document of the agent', () => {
  const codes = [
    { exit: 0, first: 'Success', second: 'Success', document: 'Success' },
    { exit: 3, first: 'Failed', second: 'Success', document: 'Failed' },
    { exit: 137, first: 'TimedOut', second: 'Success', document: 'TimedOut' },
    { exit: 168, first: 'Success', second: 'Skipped', document: 'Success' },
    { exit: 169, first: 'Failed', second: 'Skipped', document: 'Failed' },
  ];
  it.each(codes)('goes on after exit $exit as the agent does', async ({ exit, first, second, document }) => {
    const { steps, status } = await runDocument([{ script: `#!/bin/sh\nexit ${exit}` }, { script: 'true' }]);
    expect([steps[0]?.status, steps[1]?.status]).toEqual([first, second]);
    expect(status).toBe(document);
  });

  it('leaves by onFailure inside the inputs at a failure, but not at a timeout', async () => {
    const leave = { onFailure: 'exit' };
    const failed = await runDocument([{ script: 'exit 3', inputs: leave }, { script: 'true' }]);
    expect(failed.steps.map(({ status }) => status)).toEqual(['Failed', 'Skipped']);
    const killed = await runDocument([{ script: 'exit 137', inputs: leave }, { script: 'true' }]);
    expect(killed.steps.map(({ status }) => status)).toEqual(['TimedOut', 'Success']);
  });

  it('skips a step for another platform, and ends well without having done anything', async () => {
    const { steps } = await runDocument([
      { script: 'true', precondition: { StringEquals: ['platformType', 'Windows'] } },
      { script: 'true', precondition: { StringEquals: ['platformType', 'Linux'] } },
      { script: 'true', precondition: { NumericEquals: ['platformType', 'Linux'] } },
    ]);
    expect(steps.map(({ status }) => status)).toEqual(['Skipped', 'Success', 'Failed']);
  });

  it('puts parameters in as text, and checks their pattern without anchors', async () => {
    const injected = await runDocument(
      [{ script: "echo '{{ P }}'" }],
      { P: "a'; echo injected; '" },
      '[a-z]+',
    );
    expect(injected.steps[0]?.stdout).toBe('a\ninjected\n');
    const refused = await runDocument(
      [{ script: "echo '{{ P }}'" }],
      { P: "a'; echo injected; '" },
      '^[a-z]+$',
    );
    expect(refused.steps[0]?.status).toBe('Failed');
  });

  it('runs five commands at a time, the sixth when one of them has ended', async () => {
    const commands = new Commands();
    const document = parseDocument('d', {
      schemaVersion: '2.2',
      mainSteps: [{ name: 'one', action: 'aws:runShellScript', inputs: { runCommand: ['x'] } }],
    });
    const waiting: (() => void)[] = [];
    const started: string[] = [];
    const agent = new Agent({
      instanceId: place.instanceId,
      commands,
      pickUpAtMs: 0,
      onStep: () => undefined,
      onStarted: ({ command }) => started.push(command.id),
      runScript: () =>
        new Promise((resolve) => {
          waiting.push(() => resolve({ exit: 0, timedOut: false, stdout: '', stderr: '' }));
        }),
    });
    const ids = ['1', '2', '3', '4', '5', '6', '7'];
    for (const id of ids) {
      commands.send({
        id,
        document,
        parameters: {},
        comment: '',
        instanceIds: [place.instanceId],
        receivedMs: Date.now(),
        timeoutSeconds: 30,
      });
    }
    await expect.poll(() => commands.invocations.every(({ status }) => status === 'InProgress')).toBe(true);
    expect(started).toEqual(['1', '2', '3', '4', '5']);
    waiting[2]?.();
    await expect.poll(() => started).toEqual(['1', '2', '3', '4', '5', '6']);
    agent.stop();
  });

  it('is not delivered once its TimeoutSeconds have passed', () => {
    const commands = new Commands();
    const document = parseDocument('d', { schemaVersion: '2.2', mainSteps: [] });
    commands.send({
      id: '1',
      document,
      parameters: {},
      comment: '',
      instanceIds: ['i-00000000'],
      receivedMs: 0,
      timeoutSeconds: 30,
    });
    const [invocation] = commands.invocations;
    expect(invocation && commands.deliver(invocation, 30_001)).toBe(false);
    expect(invocation && commands.deliver(invocation, 30_000)).toBe(true);
  });
});

describe('substitution', () => {
  const cases: { name: string; text: Json; expected: Json }[] = [
    { name: 'a parameter within text', text: 'x {{ P }} y', expected: 'x $v y' },
    { name: 'a parameter alone keeps its dollars', text: '{{P}}', expected: '$$v$1' },
    { name: 'an unknown name stays', text: '{{ Q }} {{.Names}}', expected: '{{ Q }} {{.Names}}' },
    { name: 'every string of a list', text: ['{{ P }}', 1], expected: ['$$v$1', 1] },
  ];
  it.each(cases)('$name', ({ text, expected }) => {
    expect(substitute(text, { P: '$$v$1' })).toEqual(expected);
  });
});

describe('timeoutSeconds of a step', () => {
  const cases: [Json | undefined, number][] = [
    ['150', 150],
    ['5', 5],
    ['2', 3600],
    ['', 3600],
    ['abc', 3600],
    [null, 3600],
    ['7.9', 7],
    [172_801, 3600],
    [undefined, 3600],
  ];
  it.each(cases)('%j means %d', (value, seconds) => {
    expect(stepTimeout(value)).toBe(seconds);
  });
});
