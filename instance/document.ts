// The SSM documents: a graceful shutdown, a thin trigger with one step a stage and the guard inside; and what
// installs the guard as a service, and takes it off.
import {
  DEFAULTS_MAX_CHARS,
  DEFAULTS_PARAMETER,
  DEFAULTS_PATTERN,
  DOCUMENT_MAX_BYTES,
  INSTALL_DOCUMENT_MAX_BYTES,
  NOTICES_MAX_CHARS,
  NOTICES_PARAMETER,
  NOTICES_PATTERN,
  REPORTS_MAX_CHARS,
  REPORTS_PARAMETER,
  REPORTS_PATTERN,
  STEP_TIMEOUT_SECONDS,
  STEPS,
} from '../contract/document.ts';

export interface Guard {
  /** Of the zipapp itself, lower-case hex. */
  readonly sha256: string;
  readonly gzip: Buffer;
}

/** The scripts as files hold them, with `@NAME@` where the guard goes. */
export interface Scripts {
  /** What puts the guard in place: `@GUARD@` in `accept` and `install`. */
  readonly guard: string;
  readonly accept: string;
  readonly stage: string;
  readonly install: string;
  readonly remove: string;
}

/** Seconds. A slow disk has its time; an agent that hangs here runs no other association. */
const INSTALL_TIMEOUT_SECONDS = 120;

/** @throws Error when the document would be larger than its share of SSM's 64 KB. */
export function gracefulShutdown(guard: Guard, scripts: Scripts): object {
  return bounded(DOCUMENT_MAX_BYTES, {
    schemaVersion: '2.2',
    description: 'SpotGuard: drains, saves, cleans and reports before a Spot Instance is reclaimed.',
    parameters: {
      [NOTICES_PARAMETER]: {
        type: 'String',
        description: 'base64url of JSON: each instance id with its deadline, action and settings.',
        allowedPattern: NOTICES_PATTERN,
        minChars: 1,
        maxChars: NOTICES_MAX_CHARS,
      },
      [REPORTS_PARAMETER]: {
        type: 'String',
        description: 'The bucket where the guard may leave its report; empty: nowhere.',
        default: '',
        allowedPattern: REPORTS_PATTERN,
        maxChars: REPORTS_MAX_CHARS,
      },
    },
    mainSteps: STEPS.map((step) => {
      const script = step === 'accept' ? scripts.accept : scripts.stage;
      return shellStep(step, STEP_TIMEOUT_SECONDS, fill(script, scripts.guard, guard, step));
    }),
  });
}

/** @throws Error when the document would be larger than its share of SSM's 64 KB. */
export function installGuard(guard: Guard, scripts: Scripts): object {
  return bounded(INSTALL_DOCUMENT_MAX_BYTES, {
    schemaVersion: '2.2',
    description: 'SpotGuard: installs the guard as a service, or brings it up to date.',
    parameters: {
      [DEFAULTS_PARAMETER]: {
        type: 'String',
        description: 'What holds where no tag says otherwise: NAME=VALUE, separated by commas.',
        default: '',
        allowedPattern: DEFAULTS_PATTERN,
        maxChars: DEFAULTS_MAX_CHARS,
      },
    },
    mainSteps: [
      shellStep('install', INSTALL_TIMEOUT_SECONDS, fill(scripts.install, scripts.guard, guard, 'install')),
    ],
  });
}

export function removeGuard({ remove }: Pick<Scripts, 'remove'>): object {
  return bounded(INSTALL_DOCUMENT_MAX_BYTES, {
    schemaVersion: '2.2',
    description: 'SpotGuard: takes the guard off an instance on which it was installed.',
    mainSteps: [shellStep('remove', INSTALL_TIMEOUT_SECONDS, remove)],
  });
}

function shellStep(name: string, timeoutSeconds: number, script: string): object {
  return {
    action: 'aws:runShellScript',
    name,
    precondition: { StringEquals: ['platformType', 'Linux'] },
    inputs: {
      timeoutSeconds: String(timeoutSeconds),
      runCommand: script.trimEnd().split('\n').filter(isCode),
    },
  };
}

/** Or the line that says which step it is: the other comments are for who reads the script as a file. */
const isCode = (line: string): boolean => !/^ *# (?!SpotGuard, )/.test(line);

function bounded(most: number, document: object): object {
  const bytes = Buffer.byteLength(JSON.stringify(document));
  if (bytes > most) {
    throw new Error(
      `the SSM document has ${bytes} bytes, at most ${most} are allowed: make the guard smaller`,
    );
  }
  return document;
}

/** Functions put the values in: of a string, `replaceAll` would take the shell's dollar signs for its own. */
function fill(script: string, part: string, guard: Guard, step: string): string {
  return script
    .replaceAll('@GUARD@', () => part.trimEnd())
    .replaceAll('@SHA256@', () => guard.sha256)
    .replaceAll('@BASE64@', () => guard.gzip.toString('base64'))
    .replaceAll('@STEP@', () => step);
}
