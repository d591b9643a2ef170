// The local metadata service, started as the process that it is.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { INSTANCE_ID } from './notice.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

export class MetadataService {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, url: string) {
    this.#process = child;
    this.#lines = lines;
    this.url = url;
  }

  /** Of an instance with these tags in its metadata. */
  static async start(tags: Readonly<Record<string, string>>): Promise<MetadataService> {
    const args = ['rehearsal/machine/metadata-main.ts', '--instance-id', INSTANCE_ID];
    const child = spawn(process.execPath, ['--import', 'tsx', ...args, '--tags', JSON.stringify(tags)], {
      cwd: CHECKOUT,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new MetadataService(child, lines, await nextLine(lines));
  }

  /** The moment from which on it shows the notice, in milliseconds since the epoch. */
  async announce(action: string, deadline: number): Promise<number> {
    const time = new Date(deadline * 1000).toISOString().replace('.000Z', 'Z');
    return this.#order({ announce: { action, time } });
  }

  async withdraw(): Promise<void> {
    await this.#order({ withdraw: true });
  }

  async close(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await exit;
  }

  async #order(order: object): Promise<number> {
    this.#process.stdin?.write(`${JSON.stringify(order)}\n`);
    return (JSON.parse(await nextLine(this.#lines)) as { done: number }).done;
  }
}

/** @throws Error where the service has ended; what it said of it is on stderr */
async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { done, value } = await lines.next();
  if (done) throw new Error('the metadata service ended');
  return value;
}
