// What is planted in the local metadata service reaches the client as it would from a service that is in trouble.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ACTION_PATH, ask, bytes, get, ID_PATH, open, requestOf, TOKEN, tokenOf } from './metadata-client.ts';

const TIME = '2026-03-01T12:02:00Z';
const NOTICE = `{"action":"terminate","time":"${TIME}"}`;

/** With a notice, and with a token that was granted before anything went wrong. */
async function opened() {
  const service = await open();
  service.announce('terminate', TIME);
  const headers = { [TOKEN]: await tokenOf(service) };
  const poll = () => ask(service, ACTION_PATH, headers);
  const statuses = () => service.requests.slice(1).map(({ status }) => status);
  return { service, headers, poll, statuses };
}

describe('a planted fault', () => {
  it('hits every request until it is taken out', async () => {
    const { service, poll } = await opened();
    const takeOut = service.plant({ kind: 'status', status: 500 });
    expect([(await poll()).status, (await poll()).status]).toEqual([500, 500]);
    await expect(tokenOf(service)).rejects.toThrow('no token: 500');
    takeOut();
    takeOut();
    expect((await poll()).body).toBe(NOTICE);
  });

  it('hits as often as it is to', async () => {
    const { service, poll } = await opened();
    service.plant({ kind: 'status', status: 500, times: 2 });
    expect([(await poll()).status, (await poll()).status, (await poll()).status]).toEqual([500, 500, 200]);
  });

  it('hits what it aims at, and counts that only', async () => {
    const { service, headers, poll } = await opened();
    service.plant({ kind: 'status', status: 503, on: /^PUT /, times: 1 });
    service.plant({ kind: 'status', status: 500, on: /instance-action/g });
    expect((await ask(service, ID_PATH, headers)).status).toBe(200);
    expect([(await poll()).status, (await poll()).status, (await poll()).status]).toEqual([500, 500, 500]);
    await expect(tokenOf(service)).rejects.toThrow('no token: 503');
    await tokenOf(service);
  });

  it('that was planted first hits first; the same one planted twice is two', async () => {
    const { service, poll } = await opened();
    const fault = { kind: 'status', status: 429, times: 1 } as const;
    const takeOut = [service.plant(fault), service.plant(fault)];
    service.plant({ kind: 'status', status: 500 });
    expect([(await poll()).status, (await poll()).status, (await poll()).status]).toEqual([429, 429, 500]);
    for (const out of takeOut) out();
  });

  it('keeps the service from what it was asked for', async () => {
    const { service, statuses } = await opened();
    service.plant({ kind: 'body', body: 'no-token-of-ours', on: /^PUT / });
    expect((await get(service, ID_PATH)).status).toBe(401);
    expect(statuses()).toEqual([200, 401]);
  });
});

describe('the client meets', () => {
  it.each([401, 403, 404, 429, 500, 503])('a status %s with its page', async (status) => {
    const { service, poll, statuses } = await opened();
    service.plant({ kind: 'status', status });
    const reply = await poll();
    expect([reply.status, reply.headers['content-type']]).toEqual([status, 'text/html']);
    expect(reply.body).toContain(`<h1>${status} - `);
    expect(statuses()).toEqual([status]);
  });

  it('a status with a body and a content type of its own', async () => {
    const { service, poll } = await opened();
    service.plant({ kind: 'status', status: 404, body: NOTICE, contentType: 'application/json', times: 1 });
    const first = await poll();
    expect([first.status, first.headers['content-type'], first.body]).toEqual([
      404,
      'application/json',
      NOTICE,
    ]);
    service.plant({ kind: 'status', status: 500, body: '' });
    const second = await poll();
    expect([second.status, second.headers['content-type'], second.body]).toEqual([500, 'text/plain', '']);
  });

  it('any text, and the page of a 404, where it says 200', async () => {
    const { service, poll } = await opened();
    service.plant({ kind: 'body', body: '{"action":"ü', times: 1 });
    expect(await poll()).toMatchObject({ status: 200, body: '{"action":"ü' });
    service.plant({ kind: 'html' });
    const { status, headers, body } = await poll();
    expect([status, headers['content-type']]).toEqual([200, 'text/html']);
    expect(body).toContain('404 - Not Found');
  });

  it('half a body', async () => {
    const { service, headers, poll, statuses } = await opened();
    service.plant({ kind: 'half' });
    await expect(poll()).rejects.toThrow('aborted');
    const { text } = await bytes(service, ACTION_PATH, headers[TOKEN] ?? '');
    expect(text).toContain(`Content-Length: ${NOTICE.length}\r\n`);
    expect(text.split('\r\n\r\n')[1]).toBe(NOTICE.slice(0, Math.floor(NOTICE.length / 2)));
    expect(statuses()).toEqual([200, 200]);
  });

  it('the whole answer, late, and as it was when it was asked for', async () => {
    const { service, poll } = await opened();
    service.plant({ kind: 'slow', ms: 150 });
    const asked = performance.now();
    const polled = poll();
    await sleep(50);
    service.withdraw();
    expect((await polled).body).toBe(NOTICE);
    expect(performance.now() - asked).toBeGreaterThan(140);
  });

  it('nothing at all where it does not wait', async () => {
    const { service, headers, statuses } = await opened();
    service.plant({ kind: 'slow', ms: 10_000 });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(requestOf(ACTION_PATH, headers[TOKEN] ?? ''));
    await sleep(50);
    expect(statuses()).toEqual([]);
    socket.destroy();
    await expect.poll(statuses).toEqual([0]);
  });

  it('a byte at a time', async () => {
    const { service, headers, statuses } = await opened();
    service.plant({ kind: 'trickle', ms: 1 });
    const begun = performance.now();
    const { text, pieces } = await bytes(service, ACTION_PATH, headers[TOKEN] ?? '');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text.split('\r\n\r\n')[1]).toBe(NOTICE);
    expect(performance.now() - begun).toBeGreaterThan(text.length * 0.9);
    // A busy machine may hand several of them over at once.
    expect(pieces.length).toBeGreaterThan(text.length / 10);
    expect(statuses()).toEqual([200]);
  });

  it('silence', async () => {
    const { service, headers, statuses } = await opened();
    service.plant({ kind: 'hang' });
    let answered = false;
    const polled = bytes(service, ACTION_PATH, headers[TOKEN] ?? '').then(({ text }) => {
      answered = true;
      return text;
    });
    await sleep(150);
    expect([answered, statuses()]).toEqual([false, [0]]);
    await service.close();
    // Its end is the service's: no byte came.
    expect(await polled).toBe('');
  });

  it('a reset', async () => {
    const { service, poll, statuses } = await opened();
    service.plant({ kind: 'reset' });
    await expect(poll()).rejects.toThrow('ECONNRESET');
    expect(statuses()).toEqual([0]);
  });

  it('a body without end', async () => {
    const { service, headers, poll } = await opened();
    service.plant({ kind: 'huge', bytes: 200_001, times: 1 });
    const { body, headers: said } = await poll();
    expect([body.length, said['content-length']]).toEqual([200_001, '200001']);
    // More than the machine holds: it is made as it is read, and not when it is not.
    const takeOut = service.plant({ kind: 'huge', bytes: 1e13 });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(requestOf(ACTION_PATH, headers[TOKEN] ?? ''));
    await once(socket, 'data');
    socket.destroy();
    takeOut();
    expect((await poll()).body).toBe(NOTICE);
  });

  it('what is no HTTP', async () => {
    const { service, headers, poll, statuses } = await opened();
    service.plant({ kind: 'notHttp' });
    await expect(poll()).rejects.toThrow('Parse Error');
    const { text } = await bytes(service, ACTION_PATH, headers[TOKEN] ?? '');
    expect(text).not.toContain('HTTP');
    expect(statuses()).toEqual([0, 0]);
  });

  it('the right answer in chunks', async () => {
    const { service, headers, poll, statuses } = await opened();
    service.plant({ kind: 'chunked' });
    const reply = await poll();
    expect(reply).toMatchObject({ status: 200, body: NOTICE, headers: { 'transfer-encoding': 'chunked' } });
    expect(reply.headers['content-length']).toBeUndefined();
    const { text } = await bytes(service, ACTION_PATH, headers[TOKEN] ?? '');
    expect(text.split('\r\n\r\n')[1]).not.toContain(NOTICE);
    expect(statuses()).toEqual([200, 200]);
  });
});

describe('the service', () => {
  it('refuses connections for a time and has its port, its tokens and its notice again', async () => {
    const { service, headers, poll } = await opened();
    service.plant({ kind: 'hang', times: 1 });
    const open = poll();
    open.catch(() => undefined);
    await expect.poll(() => service.requests.length).toBe(2);
    const url = service.url;
    const accept = await service.refuse();
    await expect(open).rejects.toThrow();
    await expect(poll()).rejects.toThrow('ECONNREFUSED');
    await accept();
    await accept();
    expect(service.url).toBe(url);
    expect(await ask(service, ACTION_PATH, headers)).toMatchObject({ status: 200, body: NOTICE });
  });

  it('refuses until nobody wants it to, and for ever once it is closed', async () => {
    const { service, poll } = await opened();
    const [first, second] = [await service.refuse(), await service.refuse()];
    await first();
    await first();
    await expect(poll()).rejects.toThrow('ECONNREFUSED');
    await second();
    expect((await poll()).status).toBe(200);
    const third = await service.refuse();
    await service.close();
    await third();
    await expect(poll()).rejects.toThrow('ECONNREFUSED');
  });

  it('answers no more than it is let to, tokens included, and again after a while', async () => {
    const { service, poll } = await opened();
    service.throttle(2, 2);
    expect([(await poll()).status, (await poll()).status, (await poll()).status]).toEqual([200, 200, 503]);
    await expect(tokenOf(service)).rejects.toThrow('no token: 503');
    await sleep(550);
    expect((await poll()).status).toBe(200);
    expect((await poll()).status).toBe(503);
    service.throttle(undefined);
    for (let i = 0; i < 5; i += 1) expect((await poll()).status).toBe(200);
  });

  it('saves up no more than its burst', async () => {
    const { service, poll } = await opened();
    service.throttle(5, 1);
    await sleep(400);
    const replies = await Promise.all([poll(), poll(), poll()]);
    expect(replies.map(({ status }) => status)).toContain(503);
  });
});
