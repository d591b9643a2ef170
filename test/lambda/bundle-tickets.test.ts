// The built bundle of respond as a process: what it leaves for settlement, of which notices, and when it cannot.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FUNCTION_VARIABLES } from '../../contract/environment.ts';
import { commandTaken, described, ssmFault } from './aws-endpoint.ts';
import { spotEvent } from './events.ts';
import { ENVIRONMENT } from './invoke.ts';
import {
  fresh,
  GUARDED,
  INSTANCE_ID,
  instance,
  openRespondingPlace,
  type RespondingPlace,
  recommendation,
} from './responding-place.ts';

let place: RespondingPlace;
beforeAll(async () => {
  place = await openRespondingPlace();
});
afterAll(() => place.aws.close());
beforeEach(() => place.aws.reset());

describe('a ticket of the bundle', { timeout: 20_000 }, () => {
  it('leaves a ticket when the command has left, held back by the queue and settled one by one', async () => {
    place.aws.answers('ec2', instance(GUARDED));
    place.aws.answers('ssm', commandTaken('command-1'));
    const event = fresh();
    const { output, error } = await place.run(event);
    expect(error).toBe('');
    expect(place.aws.queueCalls).toEqual([
      {
        action: 'SendMessageBatch',
        input: {
          QueueUrl: ENVIRONMENT[FUNCTION_VARIABLES.settlementQueue],
          Entries: [
            {
              Id: '0',
              MessageBody: expect.any(String),
              MessageGroupId: INSTANCE_ID,
              MessageDeduplicationId: `${INSTANCE_ID}/${event.time}/terminate/commandSent`,
            },
          ],
        },
      },
    ]);
    const body = place.ticketLeft();
    expect(JSON.parse(body)).toEqual({
      version: 1,
      instanceId: INSTANCE_ID,
      action: 'terminate',
      noticeTime: event.time,
      deadline: Date.parse(String(event.time)) / 1000 + 120,
      left: 'commandSent',
      guarded: true,
      commandId: 'command-1',
      document: 'SpotGuard-Document-1',
      sentMs: expect.any(Number),
      eventId: event.id,
      settings: { grace: '5', state: '$(reboot) "é' },
    });
    expect(output).not.toContain('reboot');
  });

  it.each([
    ['a notice that came late', () => spotEvent(), described([]), { left: 'late', guarded: false }],
    [
      'an instance that was shutting down',
      fresh,
      instance(GUARDED, 'shutting-down'),
      { left: 'unreachable', guarded: true, reason: 'shutting-down' },
    ],
  ])('leaves a ticket for %s too', async (_name, event, answer, expected) => {
    place.aws.answers('ec2', answer);
    await place.run(event());
    const body = place.ticketLeft();
    expect(JSON.parse(body)).toMatchObject(expected);
    expect(JSON.parse(body)).not.toHaveProperty('commandId');
  });

  it.each([
    ['an untagged instance', fresh, {}],
    ['a recommendation that is declined', recommendation, GUARDED],
    ['what is no notice', () => null, GUARDED],
    ['a command that failed: it comes again from the overflow queue', fresh, GUARDED],
  ])('leaves no ticket for %s', async (_name, event, tags) => {
    place.aws.answers('ec2', instance(tags as Record<string, string>));
    place.aws.answers('ssm', ssmFault('InvalidDocument'));
    await place.run(event());
    expect(place.aws.queueCalls).toEqual([]);
  });

  it.each([
    ['SQS says no', ssmFault('com.amazonaws.sqs#QueueDoesNotExist'), 'QueueDoesNotExist'],
    [
      'SQS takes the call and not the ticket',
      {
        status: 200,
        body: '{"Successful":[],"Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}]}',
      },
      'InternalError',
    ],
  ])('says so and throws where %s: the command has left all the same', async (_name, answer, reason) => {
    place.aws.answers('ec2', instance(GUARDED));
    place.aws.answers('ssm', commandTaken());
    place.aws.answers('sqs', answer);
    const { log, metrics, error } = await place.run(fresh(), { remainingMs: 3_000 });
    expect(error).toBe(`ticket not left: ${INSTANCE_ID} (${reason})`);
    expect(log).toMatchObject([
      { phase: 'commandSent' },
      { level: 'ERROR', phase: 'noTicket', reason, instanceId: INSTANCE_ID },
    ]);
    expect(metrics).toMatchObject({ CommandsSent: 1, TicketsNotLeft: 1 });
  });
});
