// The local metadata service answers as the real one does, and lets nothing pass that the real one refuses.
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { MetadataRequest } from '../../../rehearsal/machine/metadata.ts';
import {
  ACTION_PATH,
  ask,
  get,
  ID_PATH,
  INSTANCE_ID,
  look,
  open,
  TOKEN,
  TOKEN_PATH,
  TTL,
  tokenOf,
} from './metadata-client.ts';

const TIME = '2026-03-01T12:02:00Z';

describe('a session token', () => {
  it.each(['1', '21600'])('is granted for %s seconds, in plain text', async (ttl) => {
    const { status, headers, body } = await ask(await open(), TOKEN_PATH, { [TTL]: ttl }, { method: 'PUT' });
    expect([status, headers['content-type'], headers[TTL.toLowerCase()]]).toEqual([200, 'text/plain', ttl]);
    expect(body).toMatch(/^[\w-]{54}==$/);
  });

  it.each(['0', '21601', '-1', '1.5', '60s', '', '1e3', '060', '99999999999'])(
    'is not granted for "%s" seconds',
    async (ttl) => {
      const { status, headers } = await ask(await open(), TOKEN_PATH, { [TTL]: ttl }, { method: 'PUT' });
      expect([status, headers['content-type']]).toEqual([400, 'text/html']);
    },
  );

  it('is not granted without a time to live', async () => {
    expect((await ask(await open(), TOKEN_PATH, {}, { method: 'PUT' })).status).toBe(400);
  });

  it.each(['X-Forwarded-For', 'x-forwarded-for'])('is not granted through a proxy (%s)', async (header) => {
    const headers = { [TTL]: '60', [header]: '10.0.0.1' };
    expect((await ask(await open(), TOKEN_PATH, headers, { method: 'PUT' })).status).toBe(403);
  });

  it('is granted at its own path only, and for PUT only', async () => {
    const service = await open();
    const put = (path: string) => ask(service, path, { [TTL]: '60' }, { method: 'PUT' });
    expect((await put('/2021-03-23/api/token')).status).toBe(405);
    expect((await put(ID_PATH)).status).toBe(405);
    const got = await ask(service, TOKEN_PATH, { [TTL]: '60', [TOKEN]: await tokenOf(service) });
    expect([got.status, got.headers.allow]).toEqual([405, 'OPTIONS, PUT']);
  });

  it('is different each time, and each is good', async () => {
    const service = await open();
    const tokens = [await tokenOf(service), await tokenOf(service)];
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect((await ask(service, ID_PATH, { [TOKEN]: token })).status).toBe(200);
  });

  it('is needed for whatever there is, and for what there is not', async () => {
    const service = await open();
    const token = await tokenOf(service);
    const wrong: Record<string, string>[] = [
      {},
      { [TOKEN]: '' },
      { [TOKEN]: `${token}x` },
      { [TOKEN]: `${token}, ${token}` },
      { 'X-aws-metadata-token': token },
      { Authorization: `Bearer ${token}` },
    ];
    for (const headers of wrong) {
      for (const path of [ID_PATH, ACTION_PATH, '/nothing']) {
        const { status, body } = await ask(service, path, headers);
        expect([status, body], `${path} ${JSON.stringify(headers)}`).toEqual([
          401,
          expect.stringContaining('401 - Unauthorized'),
        ]);
      }
    }
  });

  it('of another service is not good here', async () => {
    const token = await tokenOf(await open());
    expect((await ask(await open(), ID_PATH, { [TOKEN]: token })).status).toBe(401);
  });

  it('ends with its time to live, whatever others have, and says what is left', async () => {
    const service = await open();
    const [long, short] = [await tokenOf(service, 60), await tokenOf(service, 1)];
    expect((await ask(service, ID_PATH, { [TOKEN]: short })).status).toBe(200);
    await sleep(1_050);
    expect((await ask(service, ID_PATH, { [TOKEN]: short })).status).toBe(401);
    const { status, headers } = await ask(service, ID_PATH, { [TOKEN]: long });
    expect([status, headers[TTL.toLowerCase()]]).toEqual([200, expect.stringMatching(/^5\d$/)]);
  });

  it('ends when all are ended; one that is granted afterwards is good', async () => {
    const service = await open();
    const old = await tokenOf(service);
    service.expireTokens();
    expect((await ask(service, ID_PATH, { [TOKEN]: old })).status).toBe(401);
    expect((await get(service, ID_PATH)).status).toBe(200);
  });
});

describe('an answer', () => {
  it.each(['HEAD', 'POST', 'DELETE', 'OPTIONS', 'PATCH'])('to %s is 405', async (method) => {
    const service = await open();
    service.announce('terminate', TIME);
    const headers = { [TOKEN]: await tokenOf(service) };
    expect((await ask(service, ACTION_PATH, headers, { method })).status).toBe(405);
    expect((await ask(service, '/nothing', {}, { method })).status).toBe(405);
  });

  it('is the XHTML page of a 404 for what is not there', async () => {
    const { status, headers, body } = await get(await open(), ACTION_PATH);
    expect([status, headers['content-type']]).toEqual([404, 'text/html']);
    expect(body).toMatch(/^<\?xml .*XHTML.*<h1>404 - Not Found<\/h1>/s);
  });

  it('is 400 to a path that is badly encoded', async () => {
    expect((await get(await open(), '/latest/meta-data/%zz')).status).toBe(400);
  });

  it('names its server, its length and the time', async () => {
    const { headers, body } = await get(await open(), ID_PATH);
    expect(headers).toMatchObject({ server: 'EC2ws', 'content-length': String(body.length) });
    expect(Math.abs(Date.parse(headers.date ?? '') - Date.now())).toBeLessThan(5_000);
    expect(headers['transfer-encoding']).toBeUndefined();
  });

  it('tells another time where its clock is ahead, or behind', async () => {
    const service = await open();
    for (const ahead of [3_600, -3_600]) {
      service.setClockAhead(ahead);
      const { headers } = await get(service, ID_PATH);
      const off = Date.parse(headers.date ?? '') - Date.now() - ahead * 1_000;
      expect(Math.abs(off)).toBeLessThan(5_000);
    }
  });

  it('leaves the connection open, or closes it, as the client wants', async () => {
    const service = await open();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { [TOKEN]: await tokenOf(service) };
    let connections = 0;
    const createConnection = agent.createConnection.bind(agent);
    agent.createConnection = (...args) => {
      connections += 1;
      return createConnection(...args);
    };
    for (let i = 0; i < 3; i += 1) await ask(service, ID_PATH, headers, { agent });
    expect(connections).toBe(1);
    agent.destroy();
    expect((await ask(service, ID_PATH, { ...headers, Connection: 'close' })).headers.connection).toBe(
      'close',
    );
  });
});

describe('what the service knows', () => {
  const role = { name: 'worker', accessKeyId: 'AKIA', secretAccessKey: 'secret', token: 'session' };

  it('is the instance', async () => {
    const service = await open();
    expect(await look(service, 'instance-id')).toEqual([200, INSTANCE_ID]);
    expect(await look(service, 'instance-life-cycle')).toEqual([200, 'spot']);
    expect(await look(service, 'placement/region')).toEqual([200, 'eu-west-1']);
    expect(await look(service, 'placement/availability-zone')).toEqual([200, 'eu-west-1a']);
    expect(await look(service, 'services/domain')).toEqual([200, 'amazonaws.com']);
    expect(await look(await open({ region: 'cn-north-1' }), 'services/domain')).toEqual([
      200,
      'amazonaws.com.cn',
    ]);
    for (const [region, partition] of [
      ['eu-west-1', 'aws'],
      ['cn-north-1', 'aws-cn'],
      ['us-gov-east-1', 'aws-us-gov'],
    ] as const) {
      expect(await look(await open({ region }), 'services/partition')).toEqual([200, partition]);
    }
  });

  it('is the document of its identity, with all that EC2 has in it', async () => {
    const { body } = await get(await open(), '/latest/dynamic/instance-identity/document');
    expect(JSON.parse(body)).toEqual({
      accountId: '123456789012',
      architecture: 'x86_64',
      availabilityZone: 'eu-west-1a',
      billingProducts: null,
      devpayProductCodes: null,
      marketplaceProductCodes: null,
      imageId: expect.stringMatching(/^ami-[0-9a-f]{17}$/),
      instanceId: INSTANCE_ID,
      instanceType: expect.stringMatching(/^[a-z0-9]+\.[a-z0-9]+$/),
      kernelId: null,
      pendingTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      privateIp: expect.stringMatching(/^10\.\d+\.\d+\.\d+$/),
      ramdiskId: null,
      region: 'eu-west-1',
      version: '2017-09-30',
    });
  });

  it('is listed, folders with a slash, and only what is there', async () => {
    const service = await open();
    const plain = ['instance-id', 'instance-life-cycle', 'placement/', 'services/'];
    expect(await look(service, '')).toEqual([200, plain.join('\n')]);
    service.announce('terminate', TIME);
    service.recommend(TIME);
    service.setTags({ a: 'b' });
    expect((await look(service, ''))[1].split('\n')).toEqual(['events/', ...plain, 'spot/', 'tags/'].sort());
    expect(await look(service, 'placement')).toEqual([200, 'availability-zone\nregion']);
    expect((await look(service, 'instance-id/'))[0]).toBe(404);
    expect((await look(service, 'instance'))[0]).toBe(404);
  });

  it('is no role', async () => {
    const service = await open();
    expect((await look(service, 'iam/'))[0]).toBe(404);
    expect((await look(service, 'iam/security-credentials/'))[0]).toBe(404);
  });

  it('is the role and its credentials', async () => {
    const service = await open({ role });
    expect(await look(service, 'iam/security-credentials/')).toEqual([200, 'worker']);
    const { status, headers, body } = await get(service, '/latest/meta-data/iam/security-credentials/worker');
    expect([status, headers['content-type']]).toEqual([200, 'text/plain']);
    const { Expiration, LastUpdated, ...rest } = JSON.parse(body) as Record<string, string>;
    expect(rest).toEqual({
      Code: 'Success',
      Type: 'AWS-HMAC',
      AccessKeyId: 'AKIA',
      SecretAccessKey: 'secret',
      Token: 'session',
    });
    expect(LastUpdated).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(Expiration ?? '') - Date.parse(LastUpdated ?? '')).toBe(6 * 3_600_000);
    expect((await look(service, 'iam/security-credentials/other'))[0]).toBe(404);
  });

  it('is when the credentials end', async () => {
    const service = await open({ role: { ...role, expiresAt: TIME } });
    expect(JSON.parse((await look(service, 'iam/security-credentials/worker'))[1]).Expiration).toBe(TIME);
  });

  it('is no tags where they are off', async () => {
    const service = await open();
    for (const path of ['tags/', 'tags/instance', 'tags/instance/', 'tags/instance/Name']) {
      expect((await look(service, path))[0], path).toBe(404);
    }
  });

  it('is the tags, as they are', async () => {
    const service = await open({ tags: { 'spot-guard:units': 'a,b', Name: ' ü "x"\n', empty: '' } });
    const names = 'Name\nempty\nspot-guard:units';
    expect(await look(service, 'tags/instance')).toEqual([200, names]);
    expect(await look(service, 'tags/instance/')).toEqual([200, names]);
    expect(await look(service, 'tags/instance/spot-guard:units')).toEqual([200, 'a,b']);
    expect(await look(service, 'tags/instance/spot-guard%3Aunits')).toEqual([200, 'a,b']);
    expect(await look(service, 'tags/instance/Name')).toEqual([200, ' ü "x"\n']);
    expect(await look(service, 'tags/instance/empty')).toEqual([200, '']);
    expect((await look(service, 'tags/instance/name'))[0]).toBe(404);
    service.setTags({ Name: 'new' });
    expect(await look(service, 'tags/instance/')).toEqual([200, 'Name']);
    service.setTags(undefined);
    expect((await look(service, 'tags/instance/Name'))[0]).toBe(404);
  });

  it.each(['a/b', 'a b', '.', '..', '_index', ''])('is never a tag with the key "%s"', async (key) => {
    const service = await open();
    expect(() => service.setTags({ [key]: 'x' })).toThrow('no tags in metadata');
    await expect(open({ tags: { [key]: 'x' } })).rejects.toThrow('no tags in metadata');
  });
});

describe('a notice', () => {
  it('is nowhere before it is announced and after it is withdrawn', async () => {
    const service = await open();
    const paths = ['spot/instance-action', 'spot/termination-time', 'spot/', 'spot'];
    for (const path of paths) expect((await look(service, path))[0], path).toBe(404);
    service.announce('terminate', TIME);
    for (const path of paths) expect((await look(service, path))[0], path).toBe(200);
    service.withdraw();
    for (const path of paths) expect((await look(service, path))[0], path).toBe(404);
  });

  it('is one line whose time does not move', async () => {
    const service = await open();
    service.announce('terminate', TIME);
    const said = [200, `{"action":"terminate","time":"${TIME}"}`];
    expect(await look(service, 'spot/instance-action')).toEqual(said);
    await sleep(20);
    expect(await look(service, 'spot/instance-action')).toEqual(said);
    expect(await look(service, 'spot/termination-time')).toEqual([200, TIME]);
    expect(await look(service, 'spot/')).toEqual([200, 'instance-action\ntermination-time']);
  });

  it.each(['stop', 'hibernate'])('to %s has no termination time', async (action) => {
    const service = await open();
    service.announce(action, TIME);
    expect((await look(service, 'spot/termination-time'))[0]).toBe(404);
    expect(JSON.parse((await look(service, 'spot/instance-action'))[1])).toEqual({ action, time: TIME });
  });

  it('is another thing than a recommendation', async () => {
    const service = await open();
    expect((await look(service, 'events/recommendations/rebalance'))[0]).toBe(404);
    service.recommend(TIME);
    expect(await look(service, 'events/recommendations/rebalance')).toEqual([
      200,
      `{"noticeTime":"${TIME}"}`,
    ]);
    expect((await look(service, 'spot/instance-action'))[0]).toBe(404);
  });
});

describe('the service', () => {
  it('remembers each request as it was sent, and tells of it', async () => {
    const told: MetadataRequest[] = [];
    const service = await open({ onRequest: (request) => told.push(request) });
    const before = Date.now();
    await look(service, 'instance-id?x=1');
    await ask(service, '/a%2Fb');
    expect(service.requests.map(({ method, path, status }) => [method, path, status])).toEqual([
      ['PUT', TOKEN_PATH, 200],
      ['GET', `${ID_PATH}?x=1`, 200],
      ['GET', '/a%2Fb', 401],
    ]);
    expect(told).toEqual(service.requests);
    for (const { at } of told) expect(at >= before && at <= Date.now()).toBe(true);
  });

  it('listens where it is told to', async () => {
    const first = await open();
    const port = Number(new URL(first.url).port);
    await expect(open({ port })).rejects.toThrow('EADDRINUSE');
    await first.close();
    expect((await open({ port })).url).toBe(first.url);
    expect((await open({ host: '127.0.0.2' })).url).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/);
  });

  it('refuses connections once it is closed, and has ended the open ones', async () => {
    const service = await open();
    const idle = connect(Number(new URL(service.url).port), '127.0.0.1');
    const ended = new Promise((resolve) => idle.on('close', resolve));
    idle.on('error', () => undefined);
    await new Promise((resolve) => idle.on('connect', resolve));
    await tokenOf(service);
    await service.close();
    await ended;
    await expect(get(service, ID_PATH)).rejects.toThrow('ECONNREFUSED');
    await service.close();
  });
});
