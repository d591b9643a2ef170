import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReport } from '../../../lambda/domain/report.ts';
import { DEADLINE, INSTANCE, NOTICE_MS, report, stages } from './proofs.ts';

const OF = { instanceId: INSTANCE, action: 'terminate', deadline: DEADLINE, noticeMs: NOTICE_MS } as const;
const SEEN_MS = (DEADLINE + 30) * 1000;
const read = (text: string, seenMs = SEEN_MS, of = {}) => readReport(text, { ...OF, ...of }, seenMs);
const moved = (seconds: number) =>
  stages().map((stage) => ({ ...stage, started: stage.started + seconds, ended: stage.ended + seconds }));

describe('a report', () => {
  it.each([
    ['as the guard prints it', report()],
    ['with the output of something else behind it', `${report()}\n----------ERROR-------\nfoo`],
    ["by the metadata's time", report({ deadline: DEADLINE - 8 })],
    ["by the metadata's later time, begun with the notice", report({ deadline: DEADLINE + 8 })],
    ['of another action: the event and the metadata may differ', report({ action: 'stop' })],
    ['that leaves stages out', report({ result: 'spared', stages: [] })],
    [
      'of a run that began for an earlier event of the notice',
      report({ deadline: DEADLINE - 60, stages: moved(-60) }),
    ],
    ['with more than is known here', report({ future: { x: 1 } })],
    ['of a clock that is a little off', report({ stages: moved(-6) })],
  ])('proves something %s', (_name, text) => {
    expect(read(text)).toMatchObject({ kind: 'proven', report: { instanceId: INSTANCE } });
  });

  it.each([
    ['nothing', '', 'it is not a JSON object'],
    ['words', 'refused: the deadline passed', 'it is not a JSON object'],
    ['a report that is cut', report().slice(0, -20), 'it is not a JSON object'],
    ['a list', '[]', 'it is not a JSON object'],
    ['more than a report can be', report({ pad: 'x'.repeat(2_000) }), 'it is longer than a report can be'],
    ['another version', report({ version: 2 }), 'it is of a version that is not known'],
    ['another instance', report({ instanceId: 'i-00000000' }), 'it is of another instance'],
    ['a recommendation', report({ action: 'rebalance' }), 'it is of another action'],
    ['no deadline', report({ deadline: null }), 'it names no deadline'],
    ['an older notice', report({ deadline: DEADLINE - 181 }), 'it is of another notice'],
    ['a later notice', report({ deadline: DEADLINE + 181 }), 'it is of another notice'],
    ['no result', report({ result: 'unprotected' }), 'it names no result that is known'],
    ['stages that are none', report({ stages: [{ name: 'drain' }] }), 'a part of it is malformed'],
    ['a stage twice', report({ stages: [...stages(), ...stages()] }), 'a part of it is malformed'],
    ['stages in another order', report({ stages: stages().toReversed() }), 'a part of it is malformed'],
    ['tasks that are none', report({ tasks: [{ exit: 'x' }] }), 'a part of it is malformed'],
    ['bytes that are none', report({ bytesSaved: -1 }), 'a part of it is malformed'],
    ['times before the notice', report({ stages: moved(-10) }), 'its times cannot be true'],
    ['times that are still to come', report({ stages: moved(150) }), 'its times cannot be true'],
    [
      'a stage that ends before it starts',
      report({ stages: stages().map((one) => ({ ...one, ended: one.started - 1 })) }),
      'its times cannot be true',
    ],
    [
      'stages side by side',
      report({ stages: stages().map((one) => ({ ...one, started: DEADLINE - 118 })) }),
      'its times cannot be true',
    ],
  ])('of %s proves nothing', (_name, text, reason) => {
    expect(read(text)).toEqual({ kind: 'refused', reason });
  });

  it('that S3 had before its stages ended proves nothing', () => {
    expect(read(report(), NOTICE_MS + 20_000)).toMatchObject({ reason: 'its times cannot be true' });
    expect(read(report(), NOTICE_MS + 40_000)).toMatchObject({ kind: 'proven' });
  });

  it('of a recommendation is one of a recommendation alone', () => {
    const text = report({ action: 'rebalance', stages: stages().slice(1, 2) });
    expect(read(text, SEEN_MS, { action: 'rebalance' })).toMatchObject({ kind: 'proven' });
    expect(read(report(), SEEN_MS, { action: 'rebalance' })).toMatchObject({
      reason: 'it is of another action',
    });
  });

  it('is read whatever it is, without a throw', () => {
    const whole = JSON.parse(report());
    const spoiled = fc
      .tuple(fc.constantFrom(...Object.keys(whole)), fc.jsonValue())
      .map(([name, value]) => JSON.stringify({ ...whole, [name]: value }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), spoiled), (text) => {
        expect(['proven', 'refused']).toContain(read(text).kind);
      }),
    );
  });
});
