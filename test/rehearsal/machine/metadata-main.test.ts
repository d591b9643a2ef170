// The metadata service as a process: what other programs of the tests start and steer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { ACTION_PATH, get, look } from './metadata-client.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TIME = '2026-03-01T12:02:00Z';

async function start(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'rehearsal/machine/metadata-main.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const [url] = (await once(lines, 'line')) as [string];
  return {
    service: { url },
    answer: async () => ((await once(lines, 'line')) as [string])[0],
    order: (order: object) => child.stdin.write(`${JSON.stringify(order)}\n`),
    end: async () => {
      child.stdin.end();
      return ((await once(child, 'exit')) as [number])[0];
    },
  };
}

it('says where it is, does what it is told, line by line, and ends with its stdin', async () => {
  const args = ['--host', '127.0.0.1', '--port', '0', '--instance-id', 'i-00000000', '--region', 'us-west-2'];
  const { service, order, answer, end } = await start(...args, '--tags', '{"spot-guard":"enabled"}');
  expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await look(service, 'instance-id')).toEqual([200, 'i-00000000']);
  expect(await look(service, 'placement/region')).toEqual([200, 'us-west-2']);
  expect(await look(service, 'tags/instance/spot-guard')).toEqual([200, 'enabled']);

  const status = async (path: string) => (await look(service, path))[0];
  const before = Date.now();
  const answered = answer();
  order({ announce: { action: 'stop', time: TIME } });
  expect(JSON.parse(await answered).done).toBeGreaterThanOrEqual(before);
  expect((await get(service, ACTION_PATH)).body).toBe(`{"action":"stop","time":"${TIME}"}`);
  order({ withdraw: true, recommend: TIME, tags: null });
  await expect.poll(() => status('spot/instance-action')).toBe(404);
  expect([await status('events/recommendations/rebalance'), await status('tags/')]).toEqual([200, 404]);
  order({ fault: 'reset' });
  const fault = () => status('instance-id').catch((error: NodeJS.ErrnoException) => error.code);
  await expect.poll(fault).toBe('ECONNRESET');
  order({ fault: null });
  order({ fault: { kind: 'status', status: 503, on: '^GET .*region' } });
  await expect.poll(() => status('placement/region').catch(() => 0)).toBe(503);
  expect(await status('instance-id')).toBe(200);
  expect(await end()).toBe(0);
  await expect(get(service, ACTION_PATH)).rejects.toThrow('ECONNREFUSED');
});
