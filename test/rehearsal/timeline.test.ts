// What a reader sees of a rehearsal: each line once, in the order of time, with what tells one plan from another.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { REBALANCE_DETAIL_TYPES } from '../../contract/events.ts';
import { JOURNAL_PHASES } from '../../contract/instance.ts';
import { showJournal } from '../../rehearsal/machine/journal.ts';
import { Observer } from '../../rehearsal/observer.ts';
import { type Entry, Timeline } from '../../rehearsal/timeline.ts';

const NOW_MS = Date.parse('2026-11-27T17:34:00Z');
const DEADLINE = NOW_MS / 1000 + 10;

beforeEach(() => void vi.useFakeTimers({ now: NOW_MS }));
afterEach(() => void vi.useRealTimers());

function timeline() {
  const told: Entry[] = [];
  const line = new Timeline((entry) => told.push(entry));
  return { line, words: () => told.map(({ what }) => what) };
}

describe('the timeline', () => {
  it('tells in the order of time what is read a moment late', () => {
    const { line, words } = timeline();
    line.add('EC2', 'before the deadline is known');
    line.start(DEADLINE);
    line.add('SSM agent', 'step ended', 'good', NOW_MS / 1000 + 0.1);
    line.add('guard', 'stage ended', 'good', NOW_MS / 1000 + 0.05);
    expect(words()).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(words()).toEqual(['before the deadline is known', 'stage ended', 'step ended']);
  });

  it('tells all that is held back at its end, and each entry once', () => {
    const { line, words } = timeline();
    line.start(DEADLINE);
    line.add('EC2', 'early');
    vi.advanceTimersByTime(1_000);
    line.add('rehearsal', 'the machine ends');
    line.add('guard', 'read late', 'plain', Date.now() / 1000 - 0.1);
    line.end();
    vi.advanceTimersByTime(1_000);
    expect(words()).toEqual(['early', 'read late', 'the machine ends']);
    expect(line.entries().map(({ what }) => what)).toEqual(words());
  });
});

describe('a line of the journal', () => {
  const line = { run: '1795800850', t: DEADLINE } as const;

  // Regression: what joined, what was superseded and what was started again stood in the journal and nowhere else.
  it.each(JOURNAL_PHASES.filter((phase) => phase !== 'taskRuns'))('is shown: %s', (phase) => {
    expect(showJournal({ ...line, phase })?.what).toMatch(/\w/);
  });

  it('says which plan it is of where that is none of an interruption', () => {
    const save = { ...line, phase: 'stageStarted', stage: 'save' } as const;
    expect(showJournal(save)?.what).toBe('save starts');
    expect(showJournal({ ...save, run: `${line.run}-rebalance` })?.what).toBe('rebalance: save starts');
    expect(showJournal({ ...save, run: `${line.run}-rehearsal` })?.what).toBe('rehearsal: save starts');
  });

  it('says who has brought the notice', () => {
    const started = { ...line, phase: 'started', by: 'watcher' } as const;
    expect(showJournal(started)?.what).toBe('the plan starts, brought by the watcher');
  });
});

describe('the observer', () => {
  const seen = (act: (observer: Observer) => void): string[] => {
    const { line, words } = timeline();
    line.start(DEADLINE);
    act(new Observer(line));
    line.end();
    return words();
  };

  it('tells each event that EC2 hands out', () => {
    const detail = { 'instance-id': 'i-1' };
    const words = seen((observer) => {
      observer.onEvent({ 'detail-type': REBALANCE_DETAIL_TYPES[0], detail });
      observer.onEvent({ 'detail-type': 'a notice', detail: { ...detail, 'instance-action': 'stop' } });
      observer.onEvent({ 'detail-type': 'a notice', detail });
      observer.onEvent('no object');
    });
    expect(words).toEqual([
      `${REBALANCE_DETAIL_TYPES[0]}: i-1`,
      'a notice: i-1, stop',
      'a notice: i-1, no action',
      'an event of no type: no instance, no action',
    ]);
  });

  it('tells the steps of one command from those of another, with their own words', () => {
    const step = (name: string, stdout = '') =>
      ({ name, status: 'Success', exit: 0, started: 0, ended: 0, stdout, stderr: '' }) as const;
    const words = seen((observer) => {
      observer.onCommandTaken('a');
      observer.onCommandTaken('b');
      observer.onStep('b', step('accept', 'accepted: stop of i-1, 9 s left\n'));
      observer.onStep('a', step('drain', 'T-9.0s drain stageStarted\n'));
      observer.onStep('a', step('save', 'save: the notice was withdrawn\n'));
      observer.onStep('a', step('report', '{"version":1}\n'));
      observer.onStep('b', step('clean'));
    });
    expect(words).toEqual([
      'takes command 1: a',
      'takes command 2: b',
      'command 2, step accept: Success, accepted: stop of i-1, 9 s left',
      'command 1, step drain: Success',
      'command 1, step save: Success, the notice was withdrawn',
      'command 1, step report: Success',
      'command 2, step clean: Success',
    ]);
  });

  it('tells the deadline as a time of day', () => {
    expect(seen((observer) => observer.onDeadline(DEADLINE))).toEqual(['the deadline, T, is 17:34:10 UTC']);
  });
});
