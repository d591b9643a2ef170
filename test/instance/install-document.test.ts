// The two documents that State Manager runs, as built: what the agent asks of them, and what their scripts do.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DEFAULTS_MAX_CHARS,
  DEFAULTS_PARAMETER,
  DEFAULTS_PATTERN,
  INSTALL_DOCUMENT_MAX_BYTES,
} from '../../contract/document.ts';
import { PATHS, ROOT_VARIABLE } from '../../contract/instance.ts';
import { type Machine, on } from './machine.ts';

interface Document {
  readonly schemaVersion: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly mainSteps: readonly {
    readonly name: string;
    readonly precondition: unknown;
    readonly inputs: { readonly runCommand: readonly string[]; readonly timeoutSeconds: string };
  }[];
}

const dist = join(import.meta.dirname, '../../dist/instance');
const textOf = (name: string) => readFileSync(join(dist, `${name}.json`), 'utf8');
const scriptOf = (document: Document) => document.mainSteps[0]?.inputs.runCommand.join('\n') ?? '';
const install = JSON.parse(textOf('install-guard')) as Document;
const remove = JSON.parse(textOf('remove-guard')) as Document;
const DEFAULTS = 'drain-until=45,save-until=10,clean-until=5,grace=5,reports=my.reports-1';

/** As the agent does it. */
function run(machine: Machine, document: Document, defaults = '', prelude = '') {
  const script = scriptOf(document).replaceAll(`{{ ${DEFAULTS_PARAMETER} }}`, defaults);
  machine.file('/_script.sh', script, 0o700);
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `${prelude}${machine.root}/_script.sh`], {
    encoding: 'utf8',
    env: { PATH: `${machine.root}/bin:${process.env.PATH}`, [ROOT_VARIABLE]: machine.root },
  });
  return { status, stdout, stderr, seconds: (performance.now() - started) / 1000 };
}

/** In place of Python: tells its arguments, one a line. */
const TELLS = `#!/bin/sh\nfor word in "$@"; do echo "<$word>"; done\n`;

describe.each([
  ['install-guard', 'install', install],
  ['remove-guard', 'remove', remove],
])('the document %s', (name, step, document) => {
  it(`has the one step ${step}, for Linux, with a time-out that the agent takes`, () => {
    expect(document.schemaVersion).toBe('2.2');
    expect(document.mainSteps).toMatchObject([
      {
        action: 'aws:runShellScript',
        name: step,
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: { timeoutSeconds: '120' },
      },
    ]);
    expect(Buffer.byteLength(textOf(name))).toBeLessThanOrEqual(INSTALL_DOCUMENT_MAX_BYTES);
    expect(INSTALL_DOCUMENT_MAX_BYTES + DEFAULTS_MAX_CHARS).toBeLessThanOrEqual(64_000);
  });

  it('has a script that the agent and every shell take', () => {
    const script = scriptOf(document);
    expect(script.startsWith('#!/bin/sh\n')).toBe(true);
    expect(script).not.toContain('$$'); // the agent makes one dollar of two
    expect(script.replaceAll(`'{{ ${DEFAULTS_PARAMETER} }}'`, '')).not.toContain('{{');
    expect(script).not.toMatch(/\r|\$HOME|~\/|\$USER|@[A-Z0-9]+@/);
    expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

describe('the parameter of install-guard', () => {
  it('is the only one, may be left out, and lets nothing out of single quotes', () => {
    expect(install.parameters).toEqual({
      [DEFAULTS_PARAMETER]: {
        type: 'String',
        description: expect.stringMatching(/\S/),
        default: '',
        allowedPattern: DEFAULTS_PATTERN,
        maxChars: DEFAULTS_MAX_CHARS,
      },
    });
    expect(remove).not.toHaveProperty('parameters');
    const pattern = new RegExp(DEFAULTS_PATTERN);
    for (const hostile of ["a'; reboot; '", 'a b', '$(id)', 'a\nb', '{{ x }}', 'a"b', 'a\\']) {
      expect([hostile, pattern.test(hostile)]).toEqual([hostile, false]);
    }
    for (const good of ['', DEFAULTS]) expect([good, pattern.test(good)]).toEqual([good, true]);
  });
});

describe.concurrent('the step install', () => {
  it.each([
    ['the stack’s defaults', DEFAULTS],
    ['none', ''],
  ])('puts the guard in place and starts it with %s', (_name, defaults) =>
    on(async (machine) => {
      machine.tool('python3', TELLS);
      const { status, stdout, stderr } = run(machine, install, defaults);
      const guard = /^<(.*guard-[0-9a-f]{64}\.pyz)>$/m.exec(stdout)?.[1] ?? '';
      expect(stdout.split('\n')).toEqual([
        ...['-I', '-S', guard, 'install', '--defaults', defaults].map((word) => `<${word}>`),
        '',
      ]);
      expect([status, stderr]).toEqual([0, '']);
      expect(guard.startsWith(`${machine.root}${PATHS.run}/`)).toBe(true);
      expect(readFileSync(guard).equals(readFileSync(join(dist, 'spot-guard.pyz')))).toBe(true);
    })(),
  );

  it(
    'leaves a guard that is whole as it is, in well under two seconds',
    on(async (machine) => {
      machine.tool('python3', TELLS);
      const [, , guard = ''] = run(machine, install).stdout.replaceAll(/[<>]/g, '').split('\n');
      const before = statSync(guard);
      const { status, seconds } = run(machine, install);
      expect(status).toBe(0);
      expect(statSync(guard)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
      expect(seconds).toBeLessThan(1);
    }),
  );

  it(
    'ends as the guard ends',
    on(async (machine) => {
      machine.tool('python3', '#!/bin/sh\necho no room; exit 20\n');
      expect(run(machine, install)).toMatchObject({ status: 20, stdout: 'no room\n' });
    }),
  );

  it(
    'refuses a machine without Python, in words, and leaves nothing on it',
    on(async (machine) => {
      const refused = run(machine, install, DEFAULTS, `PATH=${machine.root}/only; export PATH; `);
      expect(refused).toMatchObject({
        status: 169,
        stdout: expect.stringMatching(/^refused: no python3 on/),
      });
      expect(machine.exists(PATHS.run)).toBe(false);
    }),
  );
});

describe.concurrent('the step remove', () => {
  it(
    'has nothing to do where no guard is installed',
    on(async (machine) => {
      expect(run(machine, remove)).toMatchObject({ status: 0, stdout: 'not installed\n', stderr: '' });
    }),
  );

  it(
    'has the installed guard take itself off, and ends as that ends',
    on(async (machine) => {
      machine.tool('python3', `${TELLS}exit 20\n`);
      machine.file(`${PATHS.library}/guard-1.pyz`, '');
      expect(run(machine, remove)).toMatchObject({
        status: 20,
        stdout: `<-I>\n<-S>\n<${machine.root}${PATHS.library}/guard-1.pyz>\n<uninstall>\n`,
      });
    }),
  );
});
