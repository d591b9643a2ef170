// `npm run bench` as a user calls it, and that the floor does the same work as the function: both sign what they send.
import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Endpoint, type Received, startEndpoint } from '../../bench/endpoint.ts';
import { figuresOf, median } from '../../bench/figures.ts';
import { environment, INSTANCE_ID } from '../../bench/notice.ts';
import { readOptions, UsageError } from '../../bench/options.ts';
import { floorRound, functionRound } from '../../bench/rounds.ts';

async function run(args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args], {
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr, code: await code };
}

describe('a wrong call of the bench', () => {
  it.each([
    ['an unknown subject', ['--only', 'settle'], /--only: got "settle", allowed: respond, guard, burst$/],
    ['no round at all', ['--rounds', '0'], /--rounds: got "0", allowed: whole numbers from 1 to 5000/],
    ['rounds that are no number', ['--rounds', '1e1'], /got "1e1"/],
    [
      'a watch without end',
      ['--only', 'guard', '--idle', '301'],
      /--idle: got "301", allowed: whole numbers from 1 to 300/,
    ],
    ['a watch of what is not watched', ['--idle', '5'], /--idle: goes with --only guard alone/],
    ['a bundle that is none', ['--against', '/nowhere'], /--against: got "\/nowhere", allowed: a folder/],
    [
      'a bundle beside the guard',
      ['--only', 'guard', '--against', '.'],
      /--against: goes with --only respond/,
    ],
    ['an unknown option', ['--fast'], /--fast/],
    ['a stray word', ['respond'], /respond/],
  ])('is one clear line: %s', (_name, args, line) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(line);
    expect(() => readOptions(args)).not.toThrow(/\n/);
  });

  it('has that line on stderr, nothing on stdout, and exit code 2', { timeout: 30_000 }, async () => {
    const { stdout, stderr, code } = await run(['--json', '--only', 'settle']);
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(/^spot-guard bench: --only: got "settle"[^\n]*\n$/);
  });
});

/** The signature that AWS would expect of a request, by its own headers. */
function expectedSignature({ headers, body }: Received, secret: string): string {
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+),/.exec(headers.authorization ?? '') ?? [];
  const sha256 = (value: string) => createHash('sha256').update(value).digest('hex');
  const hmac = (key: string | Buffer, value: string) => createHmac('sha256', key).update(value).digest();
  const lines = names.split(';').map((name) => `${name}:${headers[name]}\n`);
  const request = sha256(`POST\n/\n\n${lines.join('')}\n${names}\n${sha256(body)}`);
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const toSign = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${request}`;
  return createHmac('sha256', key).update(toSign).digest('hex');
}

describe('a round', { timeout: 30_000 }, () => {
  let endpoint: Endpoint;
  beforeAll(async () => {
    endpoint = await startEndpoint(INSTANCE_ID);
  });
  afterAll(() => endpoint.close());

  it('has the function and the floor send the same requests, each rightly signed', async () => {
    const { coldMs, coldCpuMs, warmMs } = await functionRound(endpoint);
    const floorMs = await floorRound(endpoint);
    // The tickets that follow the commands are not what is compared.
    const received = endpoint.received.filter(({ action }) => action !== 'SendMessageBatch');
    const bySdk = received.slice(0, 2);
    const byFloor = received.slice(4);
    expect(Math.min(coldMs, coldCpuMs, warmMs, floorMs)).toBeGreaterThan(0);
    expect(received.map(({ action }) => action)).toEqual(
      Array(3).fill(['DescribeInstances', 'SendCommand']).flat(),
    );
    const secret = environment('').AWS_SECRET_ACCESS_KEY ?? '';
    for (const request of [...bySdk, ...byFloor]) {
      expect(request.headers.authorization).toContain(`Signature=${expectedSignature(request, secret)}`);
    }
    const meaning = ([describe, command]: Received[]) => {
      const { Parameters, TimeoutSeconds, ...rest } = JSON.parse(command?.body ?? '');
      const notices = JSON.parse(Buffer.from(Parameters.Notices[0], 'base64url').toString());
      notices[INSTANCE_ID].deadline = typeof notices[INSTANCE_ID].deadline;
      return { fields: Object.fromEntries(new URLSearchParams(describe?.body)), rest, notices };
    };
    expect(meaning(byFloor)).toEqual(meaning(bySdk));
  });
});

describe('the figures', () => {
  it('are medians, ratios and ranges', () => {
    const rounds = {
      coldMs: [90, 60, 200],
      coldCpuMs: [70, 50, 80],
      warmMs: [5, 4, 6],
      floorMs: [50, 40, 80],
      synthMs: [3000.4, 2000],
    };
    expect(figuresOf(rounds, 1234, 'v24.0.0')).toEqual({
      coldMs: 90,
      coldCpuMs: 70,
      warmMs: 5,
      floorMs: 50,
      coldToFloorRatio: 1.8,
      coldToFloorRatioOfRounds: 1.8,
      bundleBytes: 1234,
      synthMs: 2500,
      node: 'v24.0.0',
      rounds: 3,
      ranges: {
        coldMs: [60, 200],
        coldCpuMs: [50, 80],
        warmMs: [4, 6],
        floorMs: [40, 80],
        synthMs: [2000, 3000.4],
      },
    });
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});
