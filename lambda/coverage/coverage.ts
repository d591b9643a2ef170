// The use case: a guarded instance whose Spot request EC2 has ended has an outcome, or gets a ticket. Whatever was lost
// on the way, the event, the function's work or the ticket, is found here.
import { WINDOW_SECONDS } from '../../contract/notices.ts';
import { GUARD_TAG, GUARD_TAG_VALUE, type Settings } from '../../contract/tags.ts';
import { COVERAGE_EVERY_SECONDS, TICKET_VERSION, type Ticket } from '../../contract/ticket.ts';
import type { SpotRequest } from '../domain/evidence.ts';
import type { Instance } from '../domain/instance.ts';
import { isOf, type NoticeId, prefixesOf } from '../domain/outcome-key.ts';
import { settingsOf } from '../domain/settings.ts';
import { ENDED_BY_EC2, endedBy } from '../domain/spot-status.ts';
import { CallFailed, type CoveragePorts } from '../ports.ts';

/**
 * Seconds from a notice to a look at it, by the run that comes next. Before the first its own ticket may not have been
 * read yet; after the last EC2 forgets an instance that was terminated, and its tags. Not at each run: while nothing can
 * be settled, tickets would only pile up.
 */
const LOOKS_SECONDS = [240, 900, 1_800, 3_300];
/** One filter of DescribeInstances takes no more. */
const IDS_A_CALL = 200;

/**
 * Leaves the tickets, and returns them. A notice whose ticket is still to be read gets another one: it is read after
 * that one, and finds the outcome.
 *
 * @throws CallFailed
 */
export async function cover(defaults: Settings, untilMs: number, ports: CoveragePorts): Promise<Ticket[]> {
  const nowMs = ports.now();
  const requests = await ports.spotRequestsWith(ENDED_BY_EC2, untilMs);
  const notices = requests.flatMap((request) => noticeOf(request, nowMs));
  const keys = await settledKeys(notices, untilMs, ports);
  const open = notices.filter((notice) => !keys.some((key) => isOf(key, notice)));
  const instances = await lookUp(open, untilMs, ports);
  const tickets = open.flatMap((notice) => {
    const tags = instances.get(notice.instanceId)?.tags ?? new Map<string, string>();
    const guarded = tags.get(GUARD_TAG) === GUARD_TAG_VALUE;
    // EC2 forgets the tags of an instance that has ended: one without any may have had them.
    return guarded || tags.size === 0 ? [ticketOf(notice, guarded, settingsOf(tags, defaults))] : [];
  });
  const [reason] = (await ports.leaveTickets(tickets, untilMs)).values();
  if (reason !== undefined) throw new CallFailed('SendMessageBatch', reason);
  return tickets;
}

function noticeOf({ instanceId, status, updatedMs }: SpotRequest, nowMs: number): NoticeId[] {
  const { action, earlierSeconds } = endedBy(status);
  const age = (nowMs - updatedMs) / 1000;
  const isDue = LOOKS_SECONDS.some((look) => age >= look && age < look + COVERAGE_EVERY_SECONDS);
  return isDue ? [{ instanceId, action, noticeMs: updatedMs, earlierSeconds }] : [];
}

async function settledKeys(
  notices: readonly NoticeId[],
  untilMs: number,
  ports: CoveragePorts,
): Promise<string[]> {
  const prefixes = new Set(notices.flatMap(prefixesOf));
  return (await Promise.all([...prefixes].map((prefix) => ports.listOutcomes(prefix, untilMs)))).flat();
}

async function lookUp(
  notices: readonly NoticeId[],
  untilMs: number,
  ports: CoveragePorts,
): Promise<ReadonlyMap<string, Instance>> {
  const ids = [...new Set(notices.map(({ instanceId }) => instanceId))];
  const found: Instance[] = [];
  for (let from = 0; from < ids.length; from += IDS_A_CALL) {
    found.push(...(await ports.describeInstances(ids.slice(from, from + IDS_A_CALL), untilMs)));
  }
  return new Map(found.map((instance) => [instance.instanceId, instance]));
}

function ticketOf(
  { instanceId, action, noticeMs, earlierSeconds = 0 }: NoticeId,
  guarded: boolean,
  settings: Settings,
): Ticket {
  return {
    version: TICKET_VERSION,
    instanceId,
    action,
    noticeTime: `${new Date(noticeMs).toISOString().slice(0, 19)}Z`,
    earlierSeconds,
    deadline: Math.floor(noticeMs / 1000) + WINDOW_SECONDS,
    left: 'lost',
    guarded,
    settings,
  };
}
