// The use case: for each guarded instance that gets a notice, a command, before anything else is done.
import type { Settings } from '../../contract/tags.ts';
import type { AnsweredNotice, NotSent } from '../domain/answered.ts';
import { type Batch, batch, commandOf, latestDeadline } from '../domain/command.ts';
import { decide, type Guarded, isLate } from '../domain/decision.ts';
import { fleetActions } from '../domain/fleet-request.ts';
import type { Instance } from '../domain/instance.ts';
import type { Notice } from '../domain/notice.ts';
import { unknownTags } from '../domain/unknown-tags.ts';
import { CallFailed, type RespondPorts, SomeRefused } from '../ports.ts';

/** `send`: the notices of the batch, answered, or SSM's refusal of some of its instances. */
export type SendApart = (
  batch: Batch,
  refusal: SomeRefused,
  send: (batch: Batch) => Promise<AnsweredNotice[] | SomeRefused>,
) => Promise<AnsweredNotice[]>;

/**
 * Answers every notice, whatever becomes of the others. What was in time and was not sent, the caller hands on. At most
 * 200 instances, the values that one filter of DescribeInstances takes.
 *
 * @param untilMs epoch milliseconds at which the caller must have its answer
 * @param sendApart what is done where SSM refuses a whole command for some of its instances; nothing where absent
 */
export async function respond(
  notices: readonly Notice[],
  defaults: Settings,
  untilMs: number,
  ports: RespondPorts,
  sendApart?: SendApart,
): Promise<AnsweredNotice[]> {
  const seenMs = ports.now();
  const late = notices.filter((notice) => isLate(notice, seenMs));
  const inTime = notices.filter((notice) => !isLate(notice, seenMs));
  let instances: ReadonlyMap<string, Instance>;
  try {
    instances = await lookUp(inTime, untilMs, ports);
  } catch (error) {
    return [...late.map((notice): AnsweredNotice => ({ phase: 'late', notice })), ...notSent(inTime, error)];
  }
  const answered: AnsweredNotice[] = [];
  const guarded: Guarded[] = [];
  for (const notice of notices) {
    const decision = decide(notice, instances.get(notice.instanceId), seenMs);
    if (decision.kind === 'send') guarded.push(decision.guarded);
    else answered.push(decision.answered);
  }
  const fleet = new Map(guarded.map(({ notice, instance }) => [notice, fleetActions(notice, instance)]));
  const { batches, oversize } = batch(guarded, defaults);
  const sent = await Promise.all(batches.map((each) => sendWhole(each, untilMs, ports, sendApart)));
  const tooLarge = oversize.map(
    (notice): AnsweredNotice => ({ phase: 'notSent', notice, reason: 'SettingsTooLarge' }),
  );
  return [...sent.flat(), ...tooLarge, ...answered].map((each) => {
    const instance = instances.get(each.notice.instanceId);
    const unknown = instance === undefined ? [] : unknownTags(instance.tags);
    const actions = fleet.get(each.notice) ?? [];
    return {
      ...each,
      ...(unknown.length === 0 ? {} : { unknownTags: unknown }),
      ...(actions.length === 0 ? {} : { fleet: actions }),
    };
  });
}

async function lookUp(
  notices: readonly Notice[],
  untilMs: number,
  ports: RespondPorts,
): Promise<ReadonlyMap<string, Instance>> {
  if (notices.length === 0) return new Map();
  const ids = [...new Set(notices.map((notice) => notice.instanceId))];
  const instances = await ports.describeInstances(ids, within(untilMs, notices));
  return new Map(instances.map((instance) => [instance.instanceId, instance]));
}

async function sendWhole(
  toSend: Batch,
  untilMs: number,
  ports: RespondPorts,
  sendApart: SendApart = giveUp,
): Promise<AnsweredNotice[]> {
  const said = await send(toSend, untilMs, ports);
  const answered =
    said instanceof SomeRefused ? await sendApart(toSend, said, (part) => send(part, untilMs, ports)) : said;
  return answered.map((each) => {
    const entry = toSend.entries[each.notice.instanceId];
    return entry === undefined ? each : { ...each, settings: entry.settings };
  });
}

/** Returns SSM's refusal where others of its instances may still have theirs. */
async function send(
  toSend: Batch,
  untilMs: number,
  ports: RespondPorts,
): Promise<AnsweredNotice[] | SomeRefused> {
  const { notices, entries } = toSend;
  try {
    const commandId = await ports.sendCommand(commandOf(toSend, ports.now()), within(untilMs, notices));
    const sentMs = ports.now();
    return notices.map((notice) => ({ phase: 'commandSent', notice, commandId, sentMs }));
  } catch (error) {
    if (error instanceof SomeRefused && Object.keys(entries).length > 1) return error;
    return notSent(notices, error);
  }
}

const giveUp: SendApart = async ({ notices }, refusal) => notSent(notices, refusal);

/** Any other error is a fault of ours: it goes on as it is and fails the whole invocation. */
function notSent(notices: readonly Notice[], error: unknown): NotSent[] {
  if (!(error instanceof CallFailed)) throw error;
  return notices.map((notice) => ({ phase: 'notSent', notice, reason: error.reason }));
}

function within(untilMs: number, notices: readonly Notice[]): number {
  return Math.min(untilMs, latestDeadline(notices) * 1000);
}
