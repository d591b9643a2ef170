// The SSM document for a graceful shutdown: a thin trigger, one step a stage, with the guard inside.
import {
  DOCUMENT_MAX_BYTES,
  NOTICES_MAX_CHARS,
  NOTICES_PARAMETER,
  NOTICES_PATTERN,
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
  readonly accept: string;
  readonly stage: string;
}

/** @throws Error when the document would be larger than its share of SSM's 64 KB. */
export function gracefulShutdown(guard: Guard, scripts: Scripts): object {
  const document = {
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
    },
    mainSteps: STEPS.map((step) => ({
      action: 'aws:runShellScript',
      name: step,
      precondition: { StringEquals: ['platformType', 'Linux'] },
      inputs: {
        timeoutSeconds: String(STEP_TIMEOUT_SECONDS),
        runCommand: fill(step === 'accept' ? scripts.accept : scripts.stage, { ...guard, step }),
      },
    })),
  };
  const bytes = Buffer.byteLength(JSON.stringify(document));
  if (bytes > DOCUMENT_MAX_BYTES) {
    throw new Error(
      `the SSM document has ${bytes} bytes, at most ${DOCUMENT_MAX_BYTES} are allowed: make the guard smaller`,
    );
  }
  return document;
}

function fill(script: string, values: Guard & { step: string }): string[] {
  return script
    .replaceAll('@SHA256@', values.sha256)
    .replaceAll('@BASE64@', values.gzip.toString('base64'))
    .replaceAll('@STEP@', values.step)
    .trimEnd()
    .split('\n');
}
