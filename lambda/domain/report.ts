// A report proves something only of the notice and the instance that it is of. Whatever the text is, nothing throws.
import { STAGES } from '../../contract/document.ts';
import { ACTIONS, REBALANCE } from '../../contract/notices.ts';
import { REPORT_MAX_CHARS, REPORT_VERSION, type Report, type Result } from '../../contract/report.ts';
import { SAME_NOTICE_SECONDS, type Ticket } from '../../contract/ticket.ts';

/** Seconds by which the instance's clock, as the guard corrects it, may differ from AWS's. */
const SKEW_SECONDS = 5;

const RESULTS: readonly string[] = ['graceful', 'empty', 'failed', 'spared'] satisfies Result[];

/** Digits of a number of bytes that is believed: a thousand terabytes. */
const MAX_BYTES = 1e15;

export type Read =
  | { readonly kind: 'proven'; readonly report: Report }
  | { readonly kind: 'refused'; readonly reason: string };

/** What a report is held against. */
export interface Of extends Pick<Ticket, 'instanceId' | 'action' | 'deadline' | 'earlierSeconds'> {
  /** Epoch milliseconds. */
  readonly noticeMs: number;
}

/**
 * The report, if it can be one of this very notice. `seenMs`: epoch milliseconds, by AWS's clock, at which it was there:
 * nothing in it can have happened later.
 */
export function readReport(text: string, of: Of, seenMs: number): Read {
  // What a step prints to its error output follows its output.
  const line = text.trim().split('\n')[0] ?? '';
  if (line.length > REPORT_MAX_CHARS) return refused('it is longer than a report can be');
  const said = parse(line);
  if (said === undefined) return refused('it is not a JSON object');
  if (said.version !== REPORT_VERSION) return refused('it is of a version that is not known');
  if (said.instanceId !== of.instanceId) return refused('it is of another instance');
  const fitting = of.action === REBALANCE ? [REBALANCE] : ACTIONS;
  if (!fitting.some((action) => action === said.action)) return refused('it is of another action');
  if (!isNumber(said.deadline)) return refused('it names no deadline');
  // By its moment, not by its number: the event of a notice and its metadata differ by seconds.
  const after = said.deadline - of.deadline;
  const { earlierSeconds = 0 } = of;
  if (after > SAME_NOTICE_SECONDS || after < -SAME_NOTICE_SECONDS - earlierSeconds) {
    return refused('it is of another notice');
  }
  if (!RESULTS.some((result) => result === said.result)) return refused('it names no result that is known');
  if (!isReport(said)) return refused('a part of it is malformed');
  return timesFit(said, of, seenMs) ? { kind: 'proven', report: said } : refused('its times cannot be true');
}

function refused(reason: string): Read {
  return { kind: 'refused', reason };
}

type Fields = Readonly<Record<string, unknown>>;

function parse(line: string): Fields | undefined {
  try {
    const said: unknown = JSON.parse(line);
    return isFields(said) ? said : undefined;
  } catch {
    return undefined; // The caller says so.
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

/** All of its members that are read anywhere. */
function isReport(said: Fields): said is Fields & Report {
  const { stages, tasks, acknowledged, refused: settings, bytesSaved } = said;
  return (
    isCount(said.attempt) &&
    Array.isArray(stages) &&
    stages.every(isStage) &&
    inOrder(stages.map(({ name }) => STAGES.indexOf(name))) &&
    Array.isArray(tasks) &&
    tasks.every(isTask) &&
    Array.isArray(acknowledged) &&
    acknowledged.every(isText) &&
    Array.isArray(settings) &&
    settings.every(isText) &&
    (bytesSaved === undefined || (isCount(bytesSaved) && bytesSaved < MAX_BYTES))
  );
}

function isStage(value: unknown): value is Report['stages'][number] {
  return (
    isFields(value) &&
    STAGES.some((stage) => stage === value.name) &&
    isNumber(value.started) &&
    isNumber(value.ended) &&
    isCount(value.exit)
  );
}

function isTask(value: unknown): value is Report['tasks'][number] {
  return (
    isFields(value) &&
    STAGES.some((stage) => stage === value.stage) &&
    isText(value.name) &&
    Number.isInteger(value.exit) &&
    isNumber(value.seconds) &&
    (value.note === undefined || isText(value.note))
  );
}

/** Each larger than the one before: no stage twice, none before its turn. */
function inOrder(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? number));
}

/** One stage after the other, none before the notice, none after the report was there. */
function timesFit({ stages, deadline: own }: Report, { noticeMs, deadline }: Of, seenMs: number): boolean {
  // A run that began for an earlier event of the same notice has an earlier deadline, by as much.
  const first = noticeMs / 1000 + Math.min(0, own - deadline) - SKEW_SECONDS;
  const last = seenMs / 1000 + SKEW_SECONDS;
  let before = first;
  for (const { started, ended } of stages) {
    if (started < before || ended < started || ended > last) return false;
    before = ended;
  }
  return true;
}
