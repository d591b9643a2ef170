// A poller beside a local metadata service: the guard's own two files, or a copy of them with edits.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { METADATA_VARIABLE } from '../../contract/instance.ts';
import { type Metadata, openMetadata } from '../../rehearsal/machine/metadata.ts';
import { INSTANCE_ID } from './machine.ts';

const PACKAGE = join(import.meta.dirname, '../../instance/guard/spot_guard');
const FILES = ['__init__.py', 'answer.py', 'contract.py', 'metadata.py', 'sighting.py'];

export interface Edit {
  readonly file: 'metadata.py' | 'sighting.py';
  readonly from: string;
  readonly to: string;
}

/** What takes a second in the guard must not take one in each of so many cases. */
const QUICK: Edit = { file: 'metadata.py', from: 'ANSWER_SECONDS = 1.0', to: 'ANSWER_SECONDS = 0.25' };
/** Whoever asks through a proxy gets no answer at all. */
const DEAD_PROXY = Object.fromEntries(
  ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].map(
    (name) => [name, 'http://127.0.0.1:9'] as const,
  ),
);

export interface Poller {
  readonly service: Metadata;
  readonly poll: () => Promise<{ readonly seen: string; readonly seconds: number }>;
}

export async function polling<T>(edits: readonly Edit[], body: (poller: Poller) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'spot-guard-poller-'));
  copyWith([QUICK, ...edits], folder);
  const service = await openMetadata({ instanceId: INSTANCE_ID, region: 'eu-central-1' });
  const child = spawn('python3', ['-I', '-S', '-B', join(import.meta.dirname, 'poll.py'), folder], {
    env: { PATH: process.env.PATH ?? '', [METADATA_VARIABLE]: service.url, ...DEAD_PROXY },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  try {
    return await body({
      service,
      poll: async () => {
        child.stdin.write('\n');
        const { value, done } = await lines.next();
        return done ? { seen: 'it died', seconds: 0 } : JSON.parse(value);
      },
    });
  } finally {
    child.kill('SIGKILL');
    await service.close();
    rmSync(folder, { recursive: true });
  }
}

/** Throws for an edit that does not fit in one place. */
function copyWith(edits: readonly Edit[], folder: string): void {
  mkdirSync(join(folder, 'spot_guard'));
  for (const name of FILES) cpSync(join(PACKAGE, name), join(folder, 'spot_guard', name));
  for (const { file, from, to } of edits) {
    const path = join(folder, 'spot_guard', file);
    const source = readFileSync(path, 'utf8');
    const places = source.split(from).length - 1;
    if (places !== 1) throw new Error(`${file} has ${places} places to edit, not one: ${from}`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
  }
}
