// One folder for what tests synthesise, gone when all of them are over.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    readonly scratch: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'spot-guard-test-'));
  provide('scratch', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
