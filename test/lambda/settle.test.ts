// The bundles of `settle` and `coverage` on the wire: what they ask, what they write, and what they leave alone.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ec2Instance } from '../../rehearsal/region/endpoints/ec2.ts';
import { ACCOUNT, REGION } from './events.ts';
import {
  failuresOf,
  freshTicket,
  type LoopbackPlace,
  openLoopbackPlace,
  reportFor,
} from './loopback-place.ts';

const ID = 'i-0b662ef9931388ba0';
const OTHER = 'i-0b662ef9931388ba1';
let place: LoopbackPlace;
beforeEach(async () => {
  place = await openLoopbackPlace();
});
afterEach(() => place.close());

const ended = (id: string, more: Partial<Ec2Instance> = {}): Ec2Instance => ({
  id,
  tags: { 'spot-guard': 'enabled', 'spot-guard:units': 'secret-unit' },
  state: 'terminated',
  launchedMs: Date.now() - 3_600_000,
  ...more,
});
const reclaimed = (id: string, secondsAgo: number, more: Partial<Ec2Instance> = {}): Ec2Instance =>
  ended(id, {
    spotRequest: {
      id: 'sir-4x',
      code: 'instance-terminated-no-capacity',
      updatedMs: Date.now() - secondsAgo * 1000,
      state: 'closed',
    },
    ...more,
  });

describe('settle', { timeout: 30_000 }, () => {
  it('writes the outcome, its line and its metrics, and no tag value into the log', async () => {
    place.instances.push(reclaimed(ID, 151));
    const ticket = freshTicket(ID, { settings: { units: 'secret-unit' } });
    const commandId = place.command(ID, reportFor(ticket));
    const { answer, log, metrics, output } = await place.settle(JSON.stringify({ ...ticket, commandId }));
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(place.outcomes()).toMatchObject([
      { outcome: 'graceful', provenBy: 'command', commandIds: [commandId], pool: `m7g.large ${REGION}a` },
    ]);
    expect(log).toMatchObject([
      {
        level: 'INFO',
        phase: 'settled',
        outcome: 'graceful',
        secondsToSpare: 100,
        spotStatus: 'instance-terminated-no-capacity',
        key: [...place.bucket.objects.keys()][0],
      },
    ]);
    expect(metrics).toMatchObject({ service: 'spot-guard', OutcomesGraceful: 1, SecondsToSpare: 100 });
    expect(output).not.toContain('secret');
  });

  it('puts off what is too early by as much, and writes nothing', async () => {
    const ticket = freshTicket(ID, { deadline: Math.floor(Date.now() / 1000) + 1_000 });
    const { answer, log } = await place.settle(JSON.stringify(ticket));
    expect(failuresOf(answer)).toHaveLength(1);
    expect(log).toMatchObject([{ phase: 'later', seconds: expect.any(Number) }]);
    const inSeconds = ((place.queue.nextVisibleMs() ?? 0) - Date.now()) / 1000;
    expect(inSeconds).toBeGreaterThan(1_020);
    expect(inSeconds).toBeLessThanOrEqual(1_031);
    expect(place.bucket.objects.size).toBe(0);
  });

  it('settles each ticket of a batch by itself, and one notice once', async () => {
    place.instances.push(ended(ID), ended(OTHER));
    const ticket = JSON.stringify(freshTicket(ID));
    const near = JSON.stringify(
      freshTicket(ID, { noticeTime: new Date(Date.now() - 155_000).toISOString() }),
    );
    const { answer, log } = await place.settle(ticket, '{', ticket, near, JSON.stringify(freshTicket(OTHER)));
    expect(failuresOf(answer)).toHaveLength(1);
    expect(log.map(({ phase }) => phase).sort()).toEqual([
      'already',
      'already',
      'notSettled',
      'settled',
      'settled',
    ]);
    expect(log.find(({ phase }) => phase === 'notSettled')).toMatchObject({
      level: 'ERROR',
      reason: 'MalformedTicket: not JSON',
    });
    expect(place.outcomes().map(({ instanceId }) => instanceId)).toEqual([ID, OTHER]);
  });

  it('believes no command but its own, and no report of another', async () => {
    place.instances.push(ended(ID));
    const ticket = freshTicket(ID);
    place.command(ID, reportFor(ticket), 'Somebodys-Document');
    place.command(ID, reportFor({ ...ticket, instanceId: OTHER }));
    await place.settle(JSON.stringify({ ...ticket, left: 'notSent' }));
    expect(place.outcomes()).toMatchObject([{ outcome: 'unprotected', because: 'no command was sent' }]);
  });

  it("finds the guard's own report, among many and in spite of a huge one", async () => {
    place.instances.push(ended(ID));
    const ticket = freshTicket(ID, { left: 'lost' });
    const prefix = `reports/arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${ID}`;
    place.bucket.put(`${prefix}/${ticket.deadline}.json`, Buffer.alloc(3_000_000, 'x'));
    place.bucket.put(`${prefix}/${ticket.deadline + 1}.json`, Buffer.from('{"version":1}'));
    place.bucket.put(`${prefix}/${ticket.deadline + 2}.json`, Buffer.from(reportFor(ticket)));
    const { metrics } = await place.settle(JSON.stringify(ticket));
    expect(place.outcomes()).toMatchObject([
      {
        outcome: 'graceful',
        provenBy: 'guard',
        refusedReports: expect.arrayContaining([expect.any(String)]),
      },
    ]);
    expect(metrics).toMatchObject({ OutcomesGraceful: 1, NoticesLost: 1 });
  });

  it.each([
    ['ssm', 'ListCommandInvocations'],
    ['s3', 'PutObject'],
  ])('claims nothing while %s does not answer %s', async (service, action) => {
    place.instances.push(ended(ID));
    place.faults.push({ of: 'function', service, action, kind: 'throttle' });
    const { answer, log, metrics } = await place.settle(JSON.stringify(freshTicket(ID)));
    expect(failuresOf(answer)).toHaveLength(1);
    expect(log).toMatchObject([{ level: 'ERROR', phase: 'notSettled', instanceId: ID }]);
    expect(metrics).toMatchObject({ TicketsNotSettled: 1 });
    expect(place.bucket.objects.size).toBe(0);
  });

  it('is not kept back by a report that nobody can read', async () => {
    place.instances.push(ended(ID));
    const ticket = freshTicket(ID);
    place.bucket.put(
      `reports/arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${ID}/${ticket.deadline}.json`,
      Buffer.from('{}'),
    );
    place.faults.push({ of: 'function', service: 's3', action: 'GetObject', kind: 'deny' });
    await place.settle(JSON.stringify({ ...ticket, commandId: place.command(ID, reportFor(ticket)) }));
    expect(place.outcomes()).toMatchObject([{ outcome: 'graceful', refusedReports: [expect.any(String)] }]);
  });

  // Regression: an S3 that accepts and does not answer held the function until Lambda ended it.
  it.each(['GetObject', 'PutObject'])(
    'gives %s up that hangs, and goes on to the next ticket',
    async (action) => {
      place.instances.push(ended(ID), ended(OTHER));
      const ticket = freshTicket(ID);
      const prefix = `reports/arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${ID}`;
      place.bucket.put(`${prefix}/${ticket.deadline}.json`, Buffer.from(reportFor(ticket)));
      place.faults.push({ of: 'function', service: 's3', action, kind: 'hang', first: 1 });
      const { answer, log } = await place.settle(JSON.stringify(ticket), JSON.stringify(freshTicket(OTHER)));
      expect(failuresOf(answer)).toHaveLength(1);
      expect(log.map(({ phase }) => phase).sort()).toEqual(['notSettled', 'settled']);
      const told = log.find(({ phase }) => phase === 'notSettled');
      expect(told?.reason).toBe(`${action} failed: TimeoutError`);
    },
  );

  it('leaves an outcome alone that is written between its look and its own', async () => {
    place.instances.push(ended(ID));
    const ticket = freshTicket(ID);
    const [one, other] = await Promise.all([
      place.settle(JSON.stringify(ticket)),
      place.settle(JSON.stringify(ticket)),
    ]);
    const phases = [...one.log, ...other.log].map(({ phase }) => phase).sort();
    expect(phases).toEqual(['already', 'settled']);
    expect([...place.bucket.puts.values()]).toEqual([1]);
  });
});

describe('coverage', { timeout: 30_000 }, () => {
  it('leaves a ticket for a guarded instance that EC2 ended without an outcome, and for no other', async () => {
    place.instances.push(
      reclaimed(ID, 400),
      reclaimed('i-00000000000000001', 400, { tags: { Name: 'theirs' } }),
      reclaimed('i-00000000000000002', 100),
      reclaimed('i-00000000000000003', 5_000),
      ended('i-00000000000000004', {
        spotRequest: {
          id: 'sir-4y',
          code: 'instance-terminated-by-user',
          updatedMs: Date.now() - 400_000,
          state: 'closed',
        },
      }),
    );
    const { log, error, output } = await place.cover();
    expect(error).toBe('');
    expect(place.queue.messages.map(({ groupId }) => groupId)).toEqual([ID]);
    expect(JSON.parse(place.queue.messages[0]?.body ?? '')).toMatchObject({
      instanceId: ID,
      left: 'lost',
      guarded: true,
      action: 'terminate',
      settings: { grace: '5', units: 'secret-unit' },
    });
    expect(log).toMatchObject([{ level: 'INFO', phase: 'uncovered', instanceId: ID }]);
    expect(output).not.toContain('secret');
  });

  it('leaves none where the notice is settled, whichever of its times the outcome has', async () => {
    place.instances.push(reclaimed(ID, 400));
    const noticeMs = Date.now() - 400_000 - 20_000;
    const time = new Date(noticeMs).toISOString();
    const name = `${ID}-${time.slice(0, 19).replaceAll(/[-:]/g, '')}Z.json`;
    place.bucket.put(`outcomes/${time.slice(0, 10)}/${name}`, Buffer.from('{}'));
    expect((await place.cover()).log).toEqual([]);
    expect(place.queue.messages).toEqual([]);
  });

  // Regression: a stop that took minutes had two outcomes, for its time was reckoned from the end of the stop.
  it('takes a notice that was long before the end of a stop for the same', async () => {
    const stoppedMs = Date.now() - 300_000;
    const spotRequest = {
      id: 'sir-4z',
      code: 'instance-stopped-no-capacity',
      updatedMs: stoppedMs,
      state: 'disabled' as const,
    };
    place.instances.push(ended(ID, { state: 'stopped', spotRequest }));
    await place.cover();
    expect(JSON.parse(place.queue.messages[0]?.body ?? '{}')).toMatchObject({
      action: 'stop',
      earlierSeconds: 1_020,
    });
    const time = new Date(stoppedMs - 700_000).toISOString();
    place.bucket.put(
      `outcomes/${time.slice(0, 10)}/${ID}-${time.slice(0, 19).replaceAll(/[-:]/g, '')}Z.json`,
      Buffer.from('{}'),
    );
    expect((await place.cover()).log).toEqual([]);
  });

  it('leaves a ticket for an ended instance without any tag, which claims nothing where there is no proof', async () => {
    place.instances.push(reclaimed(ID, 400, { tags: {} }));
    await place.cover();
    const [{ body = '' } = {}] = place.queue.messages;
    expect(JSON.parse(body)).toMatchObject({ left: 'lost', guarded: false });
    const { log } = await place.settle(body);
    expect(log).toMatchObject([{ level: 'INFO', phase: 'unguarded', reason: 'no tag', left: 'lost' }]);
    expect(place.bucket.objects.size).toBe(0);
    place.command(ID, '', 'SpotGuard-Document-1', Date.now() - 399_000);
    await place.settle(body);
    expect(place.outcomes()).toMatchObject([{ outcome: 'unknown', left: 'lost' }]);
  });

  it('throws where it cannot look: the next run does', async () => {
    place.faults.push({
      of: 'function',
      service: 'ec2',
      action: 'DescribeSpotInstanceRequests',
      kind: 'throttle',
    });
    const { error } = await place.cover();
    expect(error).toBe('DescribeSpotInstanceRequests failed: RequestLimitExceeded');
  });
});
