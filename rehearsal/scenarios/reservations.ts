// Scenarios of an interruptible Capacity Reservation that takes its instance back.
import { RESERVATION_DETAIL_TYPES, TERMINATION_TIME } from '../../contract/events.ts';
import { withDetail } from '../event.ts';
import { check, type Evidence, type Scenario } from '../scenario.ts';
import {
  everyStepSucceeded,
  nothingLeftRunning,
  prepareWorkload,
  reportInTime,
  WORKER_TAGS,
  workIsSafe,
} from './workload.ts';

export const reservationWarning = reservationScenario(
  'reservation-warning',
  RESERVATION_DETAIL_TYPES[0],
  'a Capacity Reservation takes its instance back: the deadline is the time that the event names',
);
export const reservationWarningOldName = reservationScenario(
  'reservation-warning-old-name',
  RESERVATION_DETAIL_TYPES[1],
  'the same under the name that the user guide had first',
);

function reservationScenario(name: string, detailType: string, story: string): Scenario {
  return {
    name,
    story,
    expected: 'graceful',
    onlyInAll: true,
    tags: WORKER_TAGS,
    // 110 s from the notice to the end: an answer that counts two minutes would be 10 s too late.
    alterEvent: (event) => ({
      ...withDetail(event, { [TERMINATION_TIME]: '2026-02-04T15:30:05Z', azId: 'use1-az2' }),
      'detail-type': detailType,
      time: '2026-02-04T15:28:15Z',
    }),
    prepare: prepareWorkload,
    expectations: [workIsSafe, everyStepSucceeded, reportInTime, nothingLeftRunning, deadlineIsExact],
  };
}

function deadlineIsExact({ verdict, event, deadline }: Evidence): string[] {
  const time = Date.parse(String(event.time)) / 1000;
  return [
    ...check(deadline - time === 110, 'a deadline 110 s after the notice', deadline - time),
    ...check(verdict.report?.deadline === deadline, `the deadline ${deadline}`, verdict.report?.deadline),
  ];
}
