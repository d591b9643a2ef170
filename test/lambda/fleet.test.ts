// The bundle of `fleet` on requests: what it takes out of target groups and Auto Scaling groups, and what becomes of the
// rest. And the bundle of `respond`, that leaves the requests.
import { afterEach, describe, expect, it } from 'vitest';
import type { FleetRequest } from '../../contract/fleet.ts';
import type { FleetAction } from '../../contract/tags.ts';
import type { FleetSetup } from '../../rehearsal/region/fleet.ts';
import { instanceIdOf } from './events.ts';
import { failuresOf, type LoopbackPlace, openLoopbackPlace } from './loopback-place.ts';
import { fresh } from './responding-place.ts';

let place: LoopbackPlace;
afterEach(() => place.close());

const DEREGISTER = { 'spot-guard:deregister': 'targets' };
const REPLACE = { 'spot-guard:replace': 'asg' };

const request = (fleetAction: FleetAction, nth: number, changes: Partial<FleetRequest> = {}): string => {
  const seconds = Math.floor(Date.now() / 1000);
  return JSON.stringify({
    version: 1,
    instanceId: instanceIdOf(nth),
    noticeTime: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
    deadline: seconds + 120,
    fleetAction,
    ...changes,
  });
};
const all = (fleetAction: FleetAction, count: number): string[] =>
  Array.from({ length: count }, (_, nth) => request(fleetAction, nth));
const callsOf = (action: string) => place.calls.filter((call) => call.action === action);
/** Of each line: `PHASE REASON`, counted. */
const ends = (log: readonly Record<string, unknown>[]) => {
  const counts: Record<string, number> = {};
  for (const { phase, reason } of log) {
    const end = [phase, reason].filter((word) => word !== undefined).join(' ');
    counts[end] = (counts[end] ?? 0) + 1;
  }
  return counts;
};
const inService = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, nth) => [instanceIdOf(from + nth), 'InService']));
const group = (changes: object = {}): FleetSetup => ({
  scalingGroups: [{ name: 'g', tags: REPLACE, members: inService(3), ...changes }],
});

describe('deregister', { timeout: 30_000 }, () => {
  it('takes a hundred instances out of a target group by one call', async () => {
    const targets = Array.from({ length: 120 }, (_, nth) => ({ id: instanceIdOf(nth), port: 80 }));
    place = await openLoopbackPlace({ targetGroups: [{ name: 'web', tags: DEREGISTER, targets }] });
    const { answer, log, metrics } = await place.act(...all('deregister', 100));
    expect(failuresOf(answer)).toEqual([]);
    expect(place.requests.messages).toEqual([]);
    expect(ends(log)).toEqual({ fleetDone: 100 });
    expect(log[0]).toMatchObject({ fleetAction: 'deregister', groups: 'web', level: 'INFO' });
    expect(metrics).toHaveProperty('FleetActionsDone');
    expect(callsOf('DeregisterTargets')).toHaveLength(1);
    expect(place.fleet.targetGroups[0]?.targets.filter(({ state }) => state === 'healthy')).toHaveLength(20);
  });

  it('reads all pages of tagged target groups', async () => {
    const targets = [{ id: instanceIdOf(0), port: 80 }];
    const targetGroups = Array.from({ length: 130 }, (_, nth) => ({
      name: `web-${nth}`,
      tags: DEREGISTER,
      targets: nth === 129 ? targets : [],
    }));
    place = await openLoopbackPlace({ targetGroups });
    const { log } = await place.act(request('deregister', 0));
    expect(ends(log)).toEqual({ fleetDone: 1 });
    expect(callsOf('GetResources')).toHaveLength(2);
    expect(place.fleet.serving(instanceIdOf(0))).toEqual([]);
  });

  it.each([
    ['NoTargetGroupTagged', 'WARN', {}],
    ['NotATarget', 'INFO', DEREGISTER],
  ])('says %s (%s) where it finds nothing to do', async (reason, level, tags) => {
    place = await openLoopbackPlace({ targetGroups: [{ name: 'web', tags, targets: [] }] });
    const { log, metrics, answer } = await place.act(request('deregister', 0));
    expect(log).toMatchObject([{ phase: 'fleetSkipped', reason, level, fleetAction: 'deregister' }]);
    expect(metrics).toMatchObject({ FleetActionsSkipped: 1 });
    expect(failuresOf(answer)).toEqual([]);
  });

  it('is done where it was done before', async () => {
    const targets = [{ id: instanceIdOf(0), port: 80 }];
    place = await openLoopbackPlace({ targetGroups: [{ name: 'web', tags: DEREGISTER, targets }] });
    await place.act(request('deregister', 0));
    const { log } = await place.act(request('deregister', 0));
    expect(ends(log)).toEqual({ fleetDone: 1 });
    expect(callsOf('DeregisterTargets')).toHaveLength(1);
  });

  it('names the first five groups that the instance is out of', async () => {
    const targets = [{ id: instanceIdOf(0), port: 80 }];
    const targetGroups = Array.from({ length: 7 }, (_, nth) => ({
      name: `w${nth}`,
      tags: DEREGISTER,
      targets,
    }));
    place = await openLoopbackPlace({ targetGroups });
    const { log } = await place.act(request('deregister', 0));
    expect(String(log[0]?.groups)).toMatch(/^w\d(, w\d){4}$/);
    expect(place.fleet.serving(instanceIdOf(0))).toEqual([]);
  });

  it('comes again for a target group that cannot be read, though it is out of another', async () => {
    const targets = [{ id: instanceIdOf(0), port: 80 }];
    const web = { name: 'web', tags: DEREGISTER, targets };
    place = await openLoopbackPlace({ targetGroups: [{ ...web, name: 'broken' }, web] });
    place.faults.push({
      of: 'function',
      service: 'elasticloadbalancing',
      action: 'DescribeTargetHealth',
      kind: 'deny',
      first: 1,
    });
    const { log } = await place.act(request('deregister', 0));
    expect(ends(log)).toEqual({ 'fleetFailed AccessDenied': 1 });
    expect(place.fleet.serving(instanceIdOf(0))).toHaveLength(1);
  });

  it('takes 100 targets a call', async () => {
    const targets = Array.from({ length: 90 }, (_, nth) =>
      [80, 81, 82].map((port) => ({ id: instanceIdOf(nth), port })),
    ).flat();
    place = await openLoopbackPlace({ targetGroups: [{ name: 'web', tags: DEREGISTER, targets }] });
    const { log } = await place.act(...all('deregister', 90));
    expect(ends(log)).toEqual({ fleetDone: 90 });
    expect(callsOf('DeregisterTargets')).toHaveLength(3);
  });

  it('overlooks a target group that is gone since it was indexed', async () => {
    const targets = [{ id: instanceIdOf(0), port: 80 }];
    const web = { name: 'web', tags: DEREGISTER, targets };
    place = await openLoopbackPlace({ targetGroups: [web, { ...web, name: 'gone' }] });
    place.fleet.delete('gone');
    const { log } = await place.act(request('deregister', 0));
    expect(ends(log)).toEqual({ fleetDone: 1 });
  });
});

describe('replace', { timeout: 30_000 }, () => {
  it('detaches 20 a call, of each group its own, and the groups keep their capacity', async () => {
    place = await openLoopbackPlace({
      scalingGroups: [
        { name: 'a', tags: REPLACE, members: inService(45) },
        { name: 'b', tags: REPLACE, members: inService(20, 45) },
      ],
    });
    const { log } = await place.act(...all('replace', 65));
    expect(place.requests.messages).toEqual([]);
    expect(ends(log)).toEqual({ fleetDone: 65 });
    expect(callsOf('DescribeAutoScalingInstances')).toHaveLength(2);
    expect(callsOf('DetachInstances')).toHaveLength(4);
    expect(place.fleet.scalingGroups.map(({ launched, members }) => [launched, members.size])).toEqual([
      [45, 0],
      [20, 0],
    ]);
  });

  it.each([
    ['GroupNotTagged', 'WARN', group({ tags: { 'spot-guard:replace': 'ASG' } })],
    ['CapacityRebalancing', 'INFO', group({ capacityRebalance: true })],
    ['LaunchSuspended', 'WARN', group({ suspended: ['AZRebalance', 'Launch'] })],
    ['NotInService', 'INFO', group({ members: { [instanceIdOf(0)]: 'Terminating:Wait' } })],
    ['NotInGroup', 'WARN', group({ members: {} })],
  ])('leaves the instance alone and says so: %s, %s', async (reason, level, setup) => {
    place = await openLoopbackPlace(setup);
    const { log, answer } = await place.act(request('replace', 0));
    expect(log).toMatchObject([{ phase: 'fleetSkipped', reason, level, fleetAction: 'replace' }]);
    expect(failuresOf(answer)).toEqual([]);
    expect(callsOf('DetachInstances')).toEqual([]);
  });

  it('counts what was detached by a call whose answer was lost', async () => {
    place = await openLoopbackPlace(group({ members: inService(20) }));
    place.faults.push({
      of: 'function',
      service: 'autoscaling',
      action: 'DetachInstances',
      kind: 'reset',
      first: 1,
      taken: true,
    });
    const { log } = await place.act(...all('replace', 20));
    expect(ends(log)).toEqual({ fleetDone: 20 });
    expect(callsOf('DetachInstances')).toHaveLength(2);
    expect(place.fleet.scalingGroups[0]?.launched).toBe(20);
  });

  it('ends at once where the group itself is refused', async () => {
    place = await openLoopbackPlace(group({ members: inService(20) }));
    place.fleet.lose('g');
    const { log } = await place.act(...all('replace', 20));
    expect(ends(log)).toEqual({ 'fleetFailed ValidationError': 20 });
    expect(callsOf('DetachInstances')).toHaveLength(1);
  });

  it('keeps nobody back for one that has left its group meanwhile', async () => {
    place = await openLoopbackPlace(group({ members: inService(20) }));
    place.fleet.leaveLater(instanceIdOf(7));
    const { log } = await place.act(...all('replace', 20));
    expect(ends(log)).toEqual({ fleetDone: 20 });
    expect(callsOf('DetachInstances')).toHaveLength(2);
    expect(place.fleet.scalingGroups[0]?.launched).toBe(19);
  });
});

describe('a request to fleet', { timeout: 30_000 }, () => {
  it('comes again where a call is throttled, and the other action knows nothing of it', async () => {
    place = await openLoopbackPlace({
      ...group(),
      targetGroups: [{ name: 'web', tags: DEREGISTER, targets: [{ id: instanceIdOf(0), port: 80 }] }],
    });
    place.faults.push({
      of: 'function',
      service: 'autoscaling',
      action: 'DetachInstances',
      kind: 'throttle',
    });
    const { answer, log } = await place.act(request('deregister', 0), request('replace', 0));
    expect(failuresOf(answer)).toHaveLength(1);
    expect(place.requests.messages.map(({ body }) => JSON.parse(body).fleetAction)).toEqual(['replace']);
    expect(place.requests.nextVisibleMs()).toBeLessThanOrEqual(Date.now() + 2_000);
    expect(ends(log)).toEqual({ fleetDone: 1, 'fleetAgain Throttling': 1 });
  });

  it.each([
    ['deregister', 'tagging', 'GetResources', 'AccessDeniedException'],
    ['deregister', 'elasticloadbalancing', 'DescribeTargetHealth', 'AccessDenied'],
    ['deregister', 'elasticloadbalancing', 'DeregisterTargets', 'AccessDenied'],
    ['replace', 'autoscaling', 'DescribeAutoScalingInstances', 'AccessDenied'],
    ['replace', 'autoscaling', 'DescribeAutoScalingGroups', 'AccessDenied'],
    ['replace', 'autoscaling', 'DetachInstances', 'AccessDenied'],
  ] as const)(
    'to %s ends at once where %s denies %s, and is counted',
    async (what, service, action, reason) => {
      place = await openLoopbackPlace({
        ...group(),
        targetGroups: [{ name: 'web', tags: DEREGISTER, targets: [{ id: instanceIdOf(0), port: 80 }] }],
      });
      place.faults.push({ of: 'function', service, action, kind: 'deny' });
      const { answer, log, metrics } = await place.act(request(what, 0));
      expect(failuresOf(answer)).toEqual([]);
      expect(log).toMatchObject([{ phase: 'fleetFailed', reason, level: 'ERROR' }]);
      expect(metrics).toMatchObject({ FleetActionsFailed: 1 });
      expect(callsOf(action)).toHaveLength(1);
    },
  );

  it('is too late after the deadline: no call is made', async () => {
    place = await openLoopbackPlace(group());
    const seconds = Math.floor(Date.now() / 1000) - 121;
    const noticeTime = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
    const { log } = await place.act(request('replace', 0, { noticeTime, deadline: seconds + 120 }));
    expect(ends(log)).toEqual({ 'fleetFailed DeadlinePassed': 1 });
    expect(place.calls.map(({ action }) => action)).toEqual(['ReceiveMessage']);
  });

  it('that is none lies among the dead letters, with the reason, and the others are done', async () => {
    place = await openLoopbackPlace(group());
    const { answer, log } = await place.act(
      '{',
      request('replace', 0),
      request('replace', 1, { version: 2 as 1 }),
    );
    expect(failuresOf(answer)).toEqual([]);
    expect(ends(log)).toEqual({
      fleetDone: 1,
      'deadLettered MalformedRequest: not JSON': 1,
      'deadLettered MalformedRequest: unknown version': 1,
    });
    expect(place.deadLetters.messages.map(({ attributes }) => attributes.reason)).toEqual([
      'MalformedRequest: not JSON',
      'MalformedRequest: unknown version',
    ]);
    expect(place.requests.messages).toEqual([]);
  });

  it('names the event that it comes from in its line', async () => {
    place = await openLoopbackPlace(group());
    const { log } = await place.act(request('replace', 0, { eventId: 'e-7' }));
    expect(log).toMatchObject([{ eventId: 'e-7', fleetAction: 'replace', groups: 'g' }]);
  });

  it('that came twice is done once, and told of twice', async () => {
    place = await openLoopbackPlace(group());
    const { log } = await place.act(request('replace', 0), request('replace', 0));
    expect(ends(log)).toEqual({ fleetDone: 2 });
    expect(place.fleet.scalingGroups[0]?.launched).toBe(1);
  });
});

describe('respond', { timeout: 30_000 }, () => {
  const tags = { 'spot-guard': 'enabled', ...DEREGISTER, ...REPLACE };
  const event = (): string =>
    JSON.stringify(fresh({ detail: { 'instance-id': instanceIdOf(0), 'instance-action': 'terminate' } }));

  it('leaves a request for each action once the command has left', async () => {
    place = await openLoopbackPlace();
    place.instances.push({ id: instanceIdOf(0), tags, state: 'running' });
    await place.answer(event());
    expect(place.requests.messages.map(({ body }) => JSON.parse(body).fleetAction)).toEqual([
      'deregister',
      'replace',
    ]);
    expect(place.calls.map(({ action }) => action).indexOf('SendCommand')).toBeLessThan(
      place.calls.map(({ action }) => action).indexOf('SendMessageBatch'),
    );
  });

  it('leaves them while no command can be sent, less and less often', async () => {
    place = await openLoopbackPlace();
    place.instances.push({ id: instanceIdOf(0), tags, state: 'running' });
    place.unregistered.add(instanceIdOf(0));
    await place.answer(event());
    const left: number[] = [place.requests.messages.length];
    while (left.length < 4) {
      place.overflow.changeVisibility(place.overflow.messages[0]?.receiptHandle ?? '', 0);
      await place.answer();
      left.push(place.requests.messages.length);
    }
    expect(left).toEqual([2, 4, 4, 6]);
  });

  it('answers the notice all the same where they cannot be left, and says so', async () => {
    place = await openLoopbackPlace();
    place.instances.push({ id: instanceIdOf(0), tags, state: 'running' });
    place.removeQueue('fleet');
    const { answer, log, metrics } = await place.answer(event());
    expect(failuresOf(answer)).toEqual([]);
    expect(ends(log)).toEqual({ commandSent: 1, 'fleetNotLeft AWS.SimpleQueueService.NonExistentQueue': 2 });
    expect(metrics).toMatchObject({ FleetActionsFailed: [1, 1] });
    expect(place.queue.messages).toHaveLength(1);
  });
});
