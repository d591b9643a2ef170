// The name of an outcome object. It holds the notice's time, so that a list of names says which notices are settled.
import { REBALANCE } from '../../contract/notices.ts';
import { OUTCOMES_PREFIX } from '../../contract/storage.ts';
import { SAME_NOTICE_SECONDS, type Ticket } from '../../contract/ticket.ts';

/** What tells a notice from all others. */
export interface NoticeId extends Pick<Ticket, 'instanceId' | 'action' | 'earlierSeconds'> {
  /** Epoch milliseconds. */
  readonly noticeMs: number;
}

const NEAR_MS = SAME_NOTICE_SECONDS * 1000;
const KEY = /^outcomes\/[^/]+\/(i-[0-9a-f]+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(-rebalance)?\.json$/;

/** `outcomes/2026-02-04/i-0b66...-20260204T153015Z.json`, by UTC; of a recommendation `...Z-rebalance.json`. */
export function outcomeKey({ instanceId, action, noticeMs }: NoticeId): string {
  const time = `${new Date(noticeMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const kind = action === REBALANCE ? `-${REBALANCE}` : '';
  return `${OUTCOMES_PREFIX}${dayOf(noticeMs)}/${instanceId}-${time}${kind}.json`;
}

/** What the names of the notice's objects begin with: the days on which it can have come. */
export function prefixesOf(notice: NoticeId): string[] {
  const days = new Set([dayOf(earliestMs(notice)), dayOf(notice.noticeMs + NEAR_MS)]);
  return [...days].map((day) => `${OUTCOMES_PREFIX}${day}/`);
}

/** Epoch milliseconds from which on a notice of the instance can be this one. */
export function earliestMs({
  noticeMs,
  earlierSeconds = 0,
}: Pick<NoticeId, 'noticeMs' | 'earlierSeconds'>): number {
  return noticeMs - earlierSeconds * 1000 - NEAR_MS;
}

/** Whether the name is that of an outcome of the same notice: two of one instance that lie so near are one. */
export function isOf(key: string, notice: NoticeId): boolean {
  const { instanceId, action, noticeMs } = notice;
  const [whole, id, year, month, day, hour, minute, second, kind] = KEY.exec(key) ?? [];
  if (whole === undefined || id !== instanceId) return false;
  if ((kind !== undefined) !== (action === REBALANCE)) return false;
  const ofKey = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return ofKey >= earliestMs(notice) && ofKey <= noticeMs + NEAR_MS;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
