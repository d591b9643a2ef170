// Tickets, reports and commands as the tests of settling need them: by default all of a notice that ended well.
import { STAGES } from '../../../contract/document.ts';
import type { Report } from '../../../contract/report.ts';
import { TICKET_VERSION, type Ticket } from '../../../contract/ticket.ts';
import type { Evidence, Invocation, Step } from '../../../lambda/domain/evidence.ts';
import type { KnownInstance } from '../../../lambda/domain/instance.ts';

export const DEADLINE = 1_800_000_120;
export const NOTICE_MS = (DEADLINE - 120) * 1000;
export const INSTANCE = 'i-0b662ef9931388ba0';
export const COMMAND = 'command-1';

export function ticket(more: Partial<Ticket> = {}): Ticket {
  return {
    version: TICKET_VERSION,
    instanceId: INSTANCE,
    action: 'terminate',
    noticeTime: new Date(NOTICE_MS).toISOString().replace('.000Z', 'Z'),
    deadline: DEADLINE,
    left: 'commandSent',
    guarded: true,
    commandId: COMMAND,
    sentMs: NOTICE_MS + 700,
    settings: { grace: '5' },
    ...more,
  };
}

/** `null`: the ticket names no such thing. */
export function without(from: Ticket, ...names: readonly (keyof Ticket)[]): Ticket {
  return Object.fromEntries(
    Object.entries(from).filter(([name]) => !names.some((one) => one === name)),
  ) as unknown as Ticket;
}

/** Ten seconds a stage from the notice on, but for the report. */
export function stages(more: object = {}): Report['stages'] {
  return STAGES.map((name, index) => ({
    name,
    started: DEADLINE - 118 + 10 * index,
    ended: DEADLINE - 118 + (name === 'report' ? 10 * index : 10 * (index + 1)),
    until: DEADLINE - 45,
    exit: 0,
    ...more,
  }));
}

export function report(more: object = {}): string {
  return JSON.stringify({
    version: 1,
    instanceId: INSTANCE,
    action: 'terminate',
    deadline: DEADLINE,
    result: 'graceful',
    secondsToSpare: 88,
    attempt: 1,
    stages: stages(),
    tasks: [{ stage: 'save', name: 'upload.sh', exit: 0, seconds: 2 }],
    acknowledged: [],
    refused: [],
    warnings: 0,
    leftovers: 0,
    ...more,
  });
}

export function step(name: string, more: Partial<Step> = {}): Step {
  const at = NOTICE_MS + 2_000;
  return { name, status: 'Success', exit: 0, startedMs: at, endedMs: at + 1_000, output: '', ...more };
}

/** All five steps, the last with that output; `others` take the place of those of the same name. */
export function invocation(output: string, ...others: readonly Step[]): Invocation {
  const usual = ['accept', ...STAGES].map((name) => step(name, name === 'report' ? { output } : {}));
  const steps = usual.map((one) => others.find(({ name }) => name === one.name) ?? one);
  return { commandId: COMMAND, requestedMs: NOTICE_MS + 700, status: 'Success', steps };
}

export function instance(state: string, more: Partial<KnownInstance> = {}): KnownInstance {
  return {
    instanceId: INSTANCE,
    state,
    tags: new Map([['spot-guard', 'enabled']]),
    launchedMs: NOTICE_MS - 3_600_000,
    pool: 'm7g.large us-east-1a',
    ...more,
  };
}

export function evidence(more: Partial<Evidence> = {}): Evidence {
  return {
    ticket: ticket(),
    noticeMs: NOTICE_MS,
    nowMs: (DEADLINE + 30) * 1000,
    commands: [invocation(report())],
    reports: [],
    instance: instance('terminated'),
    spotRequest: undefined,
    ...more,
  };
}
