import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnsweredNotice } from '../../../lambda/domain/answered.ts';
import { ENDED_BY_EC2, endedBy } from '../../../lambda/domain/spot-status.ts';
import { parseTicket, ticketOf } from '../../../lambda/domain/ticket.ts';
import { noticeAt } from '../events.ts';
import { NOTICE_MS, ticket } from './proofs.ts';

const notice = noticeAt(NOTICE_MS);
const of = (answered: object) => ticketOf({ notice, ...answered } as AnsweredNotice, 'Doc');

describe('a ticket', () => {
  it('is left for whatever asks for an outcome, and says how the notice was left', () => {
    const sent = { phase: 'commandSent', commandId: 'c', sentMs: 5, settings: { grace: '5' } };
    expect(of(sent)).toMatchObject({ left: 'commandSent', guarded: true, commandId: 'c', document: 'Doc' });
    expect(of({ phase: 'late' })).toMatchObject({ left: 'late', guarded: false });
    expect(of({ phase: 'unreachable', reason: 'terminated' })).toMatchObject({
      guarded: true,
      reason: 'terminated',
    });
    expect(of({ phase: 'notSent', reason: 'X' })).toMatchObject({ left: 'notSent', guarded: false });
    expect(of({ phase: 'notSent', reason: 'X', settings: {} })).toMatchObject({
      guarded: true,
      settings: {},
    });
  });

  it.each(['unguarded', 'declined'])('is not left for a notice that is %s', (phase) => {
    expect(of({ phase, reason: 'no tag' })).toBeUndefined();
  });

  it('is read as it was left', () => {
    expect(parseTicket(JSON.stringify(ticket()))).toEqual({ ticket: ticket(), noticeMs: NOTICE_MS });
    const left = of({ phase: 'late' });
    expect(parseTicket(JSON.stringify(left))).toMatchObject({ ticket: left });
  });

  it.each([
    ['not JSON', '{'],
    ['not an object', 'null'],
    ['unknown version', JSON.stringify({ ...ticket(), version: 2 })],
    ['malformed instanceId', JSON.stringify({ ...ticket(), instanceId: 'i-1/../x' })],
    ['unknown action', JSON.stringify({ ...ticket(), action: 'reboot' })],
    ['malformed noticeTime', JSON.stringify({ ...ticket(), noticeTime: 'today' })],
    ['malformed deadline', JSON.stringify({ ...ticket(), deadline: 1.5 })],
    ['malformed deadline', JSON.stringify({ ...ticket(), deadline: 1e300 })],
    ['malformed deadline', JSON.stringify({ ...ticket(), deadline: NOTICE_MS / 1000 - 5 })],
    ['malformed earlierSeconds', JSON.stringify({ ...ticket(), earlierSeconds: -1 })],
    ['malformed member', JSON.stringify({ ...ticket(), sentMs: 'x' })],
    ['malformed member', JSON.stringify({ ...ticket(), document: {} })],
    ['malformed member', JSON.stringify({ ...ticket(), guarded: 'yes' })],
    ['unknown left', JSON.stringify({ ...ticket(), left: 'settled' })],
  ])('that is %s is a fault in words', (fault, body) => {
    expect(parseTicket(body)).toEqual({ fault });
  });

  it('is read whatever it is, without a throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(parseTicket(body)).toHaveProperty('fault');
      }),
    );
  });
});

describe('the status of a Spot request', () => {
  it('that EC2 has ended tells the action, and how long before it the notice may have been', () => {
    expect(endedBy('instance-terminated-no-capacity')).toEqual({ action: 'terminate', earlierSeconds: 0 });
    expect(endedBy('marked-for-stop')).toEqual({ action: 'stop', earlierSeconds: 0 });
    expect(endedBy('instance-stopped-no-capacity')).toEqual({ action: 'stop', earlierSeconds: 1_020 });
  });

  it('that its user, a schedule or another service has ended is none of them', () => {
    expect(ENDED_BY_EC2.filter((status) => /by-user|by-schedule|by-service|fulfilled/.test(status))).toEqual(
      [],
    );
  });
});
