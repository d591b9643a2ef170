import { describe, expect, it } from 'vitest';
import type { OutcomeRecord } from '../../../contract/outcomes.ts';
import type { Evidence } from '../../../lambda/domain/evidence.ts';
import { judge } from '../../../lambda/domain/outcome.ts';
import { recordOf } from '../../../lambda/domain/record.ts';
import {
  COMMAND,
  DEADLINE,
  evidence,
  INSTANCE,
  invocation,
  NOTICE_MS,
  report,
  stages,
  step,
  ticket,
  without,
} from './proofs.ts';

function record(more: Partial<Evidence> = {}): OutcomeRecord {
  const given = evidence(more);
  const { outcome, ...verdict } = judge(given);
  if (outcome === 'again') throw new Error('too early');
  return recordOf(given, { ...verdict, outcome }, 'claim-1');
}
const time = (seconds: number) => new Date(seconds * 1000).toISOString();

describe('the outcome object', () => {
  it('says in numbers what the report proves', () => {
    const spotRequest = {
      instanceId: INSTANCE,
      status: 'instance-terminated-no-capacity',
      updatedMs: NOTICE_MS,
    };
    expect(record({ spotRequest })).toEqual({
      version: 1,
      instanceId: INSTANCE,
      action: 'terminate',
      noticeTime: '2027-01-15T08:00:00Z',
      deadline: time(DEADLINE),
      outcome: 'graceful',
      because: 'by the report, every stage ended well before the deadline',
      secondsToSpare: 88,
      noticeToCommandMs: 700,
      noticeToFirstStageMs: 2_000,
      noticeToSavedMs: 22_000,
      lastStage: 'report',
      pool: 'm7g.large us-east-1a',
      left: 'commandSent',
      provenBy: 'command',
      commandIds: [COMMAND],
      instanceState: 'terminated',
      spotStatus: 'instance-terminated-no-capacity',
      settings: { grace: '5' },
      report: JSON.parse(report()),
      settledAt: time(DEADLINE + 30),
      claim: 'claim-1',
    });
  });

  it('names the stage that failed, and the task with its note, printable and cut', () => {
    const failed = stages().map((stage) => (stage.name === 'save' ? { ...stage, exit: 21 } : stage));
    const tasks = [
      { stage: 'save', name: 'fine.sh', exit: 0, seconds: 1 },
      { stage: 'save', name: `up\u001bload${'x'.repeat(200)}`, exit: -9, seconds: 9, note: 'ran over' },
    ];
    expect(record({ commands: [invocation(report({ stages: failed, tasks }))] })).toMatchObject({
      outcome: 'failed',
      failedStage: 'save',
      failedReason: `it ran over and was ended: up?load${'x'.repeat(73)}, exit -9`,
      failedNote: 'ran over',
    });
  });

  it('tells nothing of a save that failed as saved', () => {
    const failed = stages().map((stage) => (stage.name === 'save' ? { ...stage, exit: 20 } : stage));
    const { noticeToSavedMs } = record({ commands: [invocation(report({ stages: failed }))] });
    expect(noticeToSavedMs).toBeUndefined();
  });

  it('has of a reclaim in the middle what the steps prove, up to the last one', () => {
    const steps = [
      step('accept'),
      step('drain', { startedMs: NOTICE_MS + 2_000, endedMs: NOTICE_MS + 60_000 }),
      step('save', { status: 'InProgress', exit: -1, startedMs: NOTICE_MS + 60_000, endedMs: undefined }),
    ];
    expect(
      record({
        commands: [{ commandId: COMMAND, requestedMs: NOTICE_MS + 700, status: 'InProgress', steps }],
      }),
    ).toMatchObject({
      outcome: 'late',
      lastStage: 'drain',
      secondsToSpare: 60,
      noticeToFirstStageMs: 2_000,
      provenBy: 'command',
    });
  });

  it.each([22, 23, 137])('takes no stage for one that ended by a step with exit %i', (exit) => {
    const lost = ['drain', 'save', 'clean', 'report'].map((name) => step(name, { status: 'Failed', exit }));
    const commands = [{ commandId: COMMAND, requestedMs: NOTICE_MS + 700, status: 'Failed', steps: lost }];
    const { secondsToSpare, lastStage, noticeToFirstStageMs } = record({ commands });
    expect([secondsToSpare, lastStage, noticeToFirstStageMs]).toEqual([undefined, undefined, undefined]);
  });

  it('says by a step what failed where there is no report', () => {
    const steps = [step('accept', { status: 'Failed', exit: 169, output: 'refused: no room in /run\n' })];
    expect(
      record({ commands: [{ commandId: COMMAND, requestedMs: NOTICE_MS + 700, status: 'Failed', steps }] }),
    ).toMatchObject({
      failedStage: 'accept',
      failedReason: 'refused',
      failedNote: 'refused: no room in /run',
    });
  });

  it('leaves out what is not known', () => {
    const lost = without(ticket({ left: 'lost' }), 'commandId', 'sentMs', 'settings');
    expect(record({ ticket: lost, commands: [], instance: undefined })).toEqual({
      version: 1,
      instanceId: INSTANCE,
      action: 'terminate',
      noticeTime: '2027-01-15T08:00:00Z',
      deadline: time(DEADLINE),
      outcome: 'unprotected',
      because: 'no command was sent',
      left: 'lost',
      commandIds: [],
      settledAt: time(DEADLINE + 30),
      claim: 'claim-1',
    });
  });

  it('counts the bytes that hooks say they saved, and says who proves it', () => {
    const reports = [{ text: report({ bytesSaved: 123_456 }), savedMs: NOTICE_MS + 40_000 }];
    expect(record({ commands: [], reports })).toMatchObject({ bytesSaved: 123_456, provenBy: 'guard' });
  });
});
