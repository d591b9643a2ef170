// The name of an outcome object. It holds the notice's time, so that a list of names says which notices are settled.
import { REBALANCE } from '../../contract/notices.ts';
import { OUTCOMES_PREFIX } from '../../contract/storage.ts';
import { SAME_NOTICE_SECONDS, type Ticket } from '../../contract/ticket.ts';

/** What tells a notice from all others. */
export interface NoticeId extends Pick<Ticket, 'instanceId' | 'action'> {
  /** Epoch milliseconds. */
  readonly noticeMs: number;
}

const KEY = /^outcomes\/[^/]+\/(i-[0-9a-f]+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(-rebalance)?\.json$/;

/** `outcomes/2026-02-04/i-0b66...-20260204T153015Z.json`, by UTC; of a recommendation `...Z-rebalance.json`. */
export function outcomeKey({ instanceId, action, noticeMs }: NoticeId): string {
  const time = `${new Date(noticeMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const kind = action === REBALANCE ? `-${REBALANCE}` : '';
  return `${OUTCOMES_PREFIX}${dayOf(noticeMs)}/${instanceId}-${time}${kind}.json`;
}

/** Of the names of one notice's objects: by the days on which it can have been noticed. `instanceId` absent: all of them. */
export function prefixesOf(noticeMs: number, instanceId = ''): string[] {
  const [from, to] = [noticeMs - SAME_NOTICE_SECONDS * 1000, noticeMs + SAME_NOTICE_SECONDS * 1000];
  const days = new Set([dayOf(from), dayOf(to)]);
  return [...days].map((day) => `${OUTCOMES_PREFIX}${day}/${instanceId}`);
}

/** Whether the name is that of an outcome of the same notice: two of one instance that lie so near are one. */
export function isOf(key: string, { instanceId, action, noticeMs }: NoticeId): boolean {
  const [whole, id, year, month, day, hour, minute, second, kind] = KEY.exec(key) ?? [];
  if (whole === undefined || id !== instanceId) return false;
  if ((kind !== undefined) !== (action === REBALANCE)) return false;
  const ofKey = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Math.abs(ofKey - noticeMs) <= SAME_NOTICE_SECONDS * 1000;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
