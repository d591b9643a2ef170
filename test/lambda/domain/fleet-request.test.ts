import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLEET_ACTIONS } from '../../../contract/tags.ts';
import type { AnsweredNotice } from '../../../lambda/domain/answered.ts';
import { fleetActions, parseRequest, requestsOf } from '../../../lambda/domain/fleet-request.ts';
import { noticeAt } from '../events.ts';
import { NOTICE_MS } from './proofs.ts';

const notice = noticeAt(NOTICE_MS, { eventId: 'e-1' });
const asked = (tags: Record<string, string>, action: 'terminate' | 'stop' | 'rebalance' = 'terminate') =>
  fleetActions(
    { ...notice, action },
    { instanceId: notice.instanceId, state: 'running', tags: new Map(Object.entries(tags)) },
  );
const BOTH = { 'spot-guard:deregister': 'targets', 'spot-guard:replace': 'asg' };

describe('what an instance asks for beside the command', () => {
  it('is what its tags say to the letter', () => {
    expect(asked({})).toEqual([]);
    expect(asked(BOTH)).toEqual(['deregister', 'replace']);
    expect(asked({ 'spot-guard:replace': 'asg' })).toEqual(['replace']);
    expect(asked({ 'spot-guard:deregister': 'Targets', 'spot-guard:replace': ' asg' })).toEqual([]);
  });

  it.each(['stop', 'rebalance'] as const)('is nothing at a notice to %s: it lives on', (action) => {
    expect(asked(BOTH, action)).toEqual([]);
  });
});

describe('a request', () => {
  const answered = {
    phase: 'commandSent',
    commandId: 'c',
    sentMs: 5,
    notice,
    fleet: ['deregister', 'replace'],
  } as AnsweredNotice;

  it('is left for each action, and read as it was left', () => {
    const requests = requestsOf(answered);
    expect(requests.map(({ fleetAction }) => fleetAction)).toEqual(Object.keys(FLEET_ACTIONS));
    expect(requests[0]).toMatchObject({ instanceId: notice.instanceId, deadline: notice.deadline });
    for (const request of requests) expect(parseRequest(JSON.stringify(request))).toEqual({ request });
    expect(requestsOf({ ...answered, fleet: [] })).toEqual([]);
  });

  it.each([
    ['not JSON', '{'],
    ['not an object', '7'],
    ...Object.entries({
      'unknown version': { version: 2 },
      'malformed instanceId': { instanceId: 'i-1' },
      'malformed noticeTime': { noticeTime: 'now' },
      'malformed deadline': { deadline: 1e300 },
      'unknown fleetAction': { fleetAction: 'terminate' },
      'malformed eventId': { eventId: {} },
    }).map(([fault, changes]) => [fault, JSON.stringify({ ...requestsOf(answered)[0], ...changes })]),
  ])('that is %s is a fault in words', (fault, body) => {
    expect(parseRequest(body ?? '')).toEqual({ fault });
  });

  it('is read whatever it is, without a throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(parseRequest(body)).toHaveProperty('fault');
      }),
    );
  });
});
