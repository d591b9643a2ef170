// What can be known of a notice once its deadline has passed, and what of it counts as proof.
import { STEPS } from '../../contract/document.ts';
import { EXIT } from '../../contract/instance.ts';
import type { PROVEN_BY } from '../../contract/outcomes.ts';
import type { Report } from '../../contract/report.ts';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../../contract/tags.ts';
import type { Ticket } from '../../contract/ticket.ts';
import type { KnownInstance } from './instance.ts';
import { type Of, readReport } from './report.ts';

/** A step of a command, as SSM tells it. Times are epoch milliseconds. */
export interface Step {
  readonly name: string;
  /** SSM's word: `Pending`, `InProgress`, `Success`, `TimedOut`, `Cancelled`, `Failed`. */
  readonly status: string;
  /** -1 where nothing ran. */
  readonly exit: number;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  /** At most 2,500 characters: SSM keeps no more. */
  readonly output: string;
}

/** A command on one instance. */
export interface Invocation {
  readonly commandId: string;
  /** Epoch milliseconds, by AWS's clock. */
  readonly requestedMs: number;
  readonly status: string;
  readonly steps: readonly Step[];
}

/** What a guard left in S3. */
export interface LeftReport {
  readonly text: string;
  /** Epoch milliseconds, by S3's clock. */
  readonly savedMs: number;
}

/** EC2's word on the request that the instance came from. */
export interface SpotRequest {
  readonly instanceId: string;
  readonly status: string;
  /** Epoch milliseconds of the status. */
  readonly updatedMs: number;
}

export interface Evidence {
  readonly ticket: Ticket;
  /** Epoch milliseconds of the notice. */
  readonly noticeMs: number;
  /** Epoch milliseconds at which the rest was gathered. */
  readonly nowMs: number;
  /** SpotGuard's on the instance since the notice, of whatever notice they are. */
  readonly commands: readonly Invocation[];
  readonly reports: readonly LeftReport[];
  /** Undefined where EC2 does not know it any more. */
  readonly instance: KnownInstance | undefined;
  /** Undefined where there is none, or EC2 has forgotten it. */
  readonly spotRequest: SpotRequest | undefined;
}

export interface Proof {
  readonly report: Report;
  readonly by: (typeof PROVEN_BY)[number];
}

/** What counts of the evidence. */
export interface Proven {
  /** The commands that were sent for the notice. */
  readonly invocations: readonly Invocation[];
  /** Of several runs the one that ended last counts. */
  readonly proof: Proof | undefined;
  /** Why other reports prove nothing. */
  readonly refused: readonly string[];
  /** A command that came after the proven run had ended, and was under way when nothing came any more. */
  readonly isCutOff: boolean;
}

export function provenOf(evidence: Evidence): Proven {
  const of: Of = { ...evidence.ticket, noticeMs: evidence.noticeMs };
  const invocations = ofNotice(evidence);
  const said = [
    ...invocations.flatMap((one) =>
      reportsIn(one).map((text) => ({ text, seenMs: evidence.nowMs, by: 'command' as const })),
    ),
    ...evidence.reports.map(({ text, savedMs }) => ({ text, seenMs: savedMs, by: 'guard' as const })),
  ];
  let proof: Proof | undefined;
  const refused: string[] = [];
  for (const { text, seenMs, by } of said) {
    const read = readReport(text, of, seenMs);
    if (read.kind === 'refused') refused.push(`${by}: ${read.reason}`);
    else if (proof === undefined || lastEnd(read.report) > lastEnd(proof.report)) {
      proof = { report: read.report, by };
    }
  }
  const endedMs = proof === undefined ? Number.POSITIVE_INFINITY : lastEnd(proof.report) * 1000;
  const isCutOff = evidence.commands.some(
    (one) => one.requestedMs > endedMs && isTaken(one) && UNDER_WAY.includes(one.status),
  );
  return { invocations, proof, refused, isCutOff };
}

/** SSM's words for a command that has not ended; the last, that it was given up in the middle. */
const UNDER_WAY = ['InProgress', 'Delayed', 'TimedOut'];

function reportsIn({ steps }: Invocation): string[] {
  return steps
    .filter(({ name, output }) => name === 'report' && output.trim() !== '')
    .map(({ output }) => output);
}

function lastEnd({ stages }: Report): number {
  return stages.at(-1)?.ended ?? 0;
}

/**
 * Its ticket names one; a doubled event has brought another if that proves something. Where the ticket names none, each
 * counts that does not prove another notice's.
 */
function ofNotice({ commands, ticket, noticeMs, nowMs }: Evidence): Invocation[] {
  return commands.filter((one) => {
    if (one.commandId === ticket.commandId) return true;
    const said = reportsIn(one);
    if (said.length === 0) return ticket.commandId === undefined;
    return said.some((text) => readReport(text, { ...ticket, noticeMs }, nowMs).kind === 'proven');
  });
}

/** A notice that only `coverage` found, of an instance without any tag, command or report: it was nobody's here. */
export function isNobodys({ ticket, commands, reports, instance }: Evidence): boolean {
  const isTagged = instance?.tags.get(GUARD_TAG) === GUARD_TAG_VALUE;
  return ticket.left === 'lost' && !ticket.guarded && !isTagged && commands.length + reports.length === 0;
}

/** The steps of a command that the guard took up. What it refused ran nothing: there the others' words are none on a plan. */
export function stepsOf({ steps }: Invocation): readonly Step[] {
  return refusal({ steps }) === undefined
    ? steps.filter(({ name }) => STEPS.some((step) => step === name))
    : [];
}

/** The step `accept` where it refused the notice. */
export function refusal({ steps }: Pick<Invocation, 'steps'>): Step | undefined {
  return steps.find(({ name, exit }) => name === 'accept' && exit === EXIT.refused);
}

/** The agent has taken it: a step of it runs or has run. */
export function isTaken({ status, steps }: Invocation): boolean {
  const ran = ({ exit, startedMs, status: own }: Step) =>
    exit >= 0 || startedMs !== undefined || own === 'InProgress';
  return status === 'InProgress' || status === 'Success' || steps.some(ran);
}
