// botocore's verdict on recorded exchanges.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Exchange } from './recorder.ts';

export interface Judged {
  readonly service: string;
  readonly operation: string | null;
  /** `200`, else the code of the error. */
  readonly outcome: string;
  /** Whether botocore's own retries take it for throttling. */
  readonly throttled: boolean;
  /** Each starts with `request:` or `answer:`. */
  readonly faults: readonly string[];
}

/** `programs`: the environment in which botocore is installed. */
export function judge(programs: string, exchanges: readonly Exchange[]): readonly Judged[] {
  const { status, stdout, stderr } = spawnSync(
    join(programs, 'python'),
    ['-E', '-s', '-B', join(import.meta.dirname, 'judge.py')],
    { input: JSON.stringify(exchanges), encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`judge.py ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
