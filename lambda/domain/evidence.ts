// What can be known of a notice once its deadline has passed, and what of it counts as proof.
import { STEPS } from '../../contract/document.ts';
import { EXIT } from '../../contract/instance.ts';
import type { PROVEN_BY } from '../../contract/outcomes.ts';
import type { Report } from '../../contract/report.ts';
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
  readonly status: string;
  readonly steps: readonly Step[];
}

/** What a guard left in S3. */
export interface LeftReport {
  readonly text: string;
  /** Epoch milliseconds, by S3's clock. */
  readonly savedMs: number;
}

/** EC2's word on the request that the instance came from; undefined where there is none or EC2 has forgotten it. */
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
  readonly invocations: readonly Invocation[];
  readonly reports: readonly LeftReport[];
  /** Undefined where EC2 does not know it any more. */
  readonly instance: KnownInstance | undefined;
  readonly spotRequest: SpotRequest | undefined;
}

export interface Proof {
  readonly report: Report;
  readonly by: (typeof PROVEN_BY)[number];
}

/** The report that proves something, and why others prove nothing. Of several runs the one that ended last counts. */
export function proofOf(evidence: Evidence): {
  readonly proof: Proof | undefined;
  readonly refused: readonly string[];
} {
  const of: Of = { ...evidence.ticket, noticeMs: evidence.noticeMs };
  const said = [
    ...evidence.invocations.flatMap(({ steps }) =>
      steps
        .filter(({ name, output }) => name === 'report' && output.trim() !== '')
        .map(({ output }) => ({ text: output, seenMs: evidence.nowMs, by: 'command' as const })),
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
  return { proof, refused };
}

function lastEnd({ stages }: Report): number {
  return stages.at(-1)?.ended ?? 0;
}

/**
 * The commands that were sent for the notice. Its ticket names one; a doubled event has brought another if that proves
 * something. Where the ticket names none, each counts that does not prove another notice's.
 */
export function ofNotice(
  invocations: readonly Invocation[],
  ticket: Ticket,
  noticeMs: number,
  nowMs: number,
): Invocation[] {
  return invocations.filter(({ commandId, steps }) => {
    if (commandId === ticket.commandId) return true;
    const said = steps.filter(({ name, output }) => name === 'report' && output.trim() !== '');
    if (said.length === 0) return ticket.commandId === undefined;
    return said.some(({ output }) => readReport(output, { ...ticket, noticeMs }, nowMs).kind === 'proven');
  });
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
