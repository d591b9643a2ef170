// Takes down what happens in a rehearsal, and tells it as it happens.
import { REBALANCE_DETAIL_TYPES } from '../contract/events.ts';
import { type JournalLine, showJournal } from './machine/journal.ts';
import type { StepResult } from './region/commands.ts';
import type { ApiCall } from './region/endpoints/server.ts';
import type { DecisiveStatement } from './region/iam.ts';
import { statementName } from './region/statements.ts';
import { isObject, type Json, type JsonObject } from './template/template.ts';
import type { Entry, Mood, Timeline } from './timeline.ts';

export class Observer {
  readonly apiCalls: ApiCall[] = [];
  /** The functions' log: each line on what became of a notice. */
  readonly log: JsonObject[] = [];
  /** The functions' metrics, in CloudWatch's embedded format. */
  readonly metrics: JsonObject[] = [];
  readonly problems: string[] = [];
  /** Why an event went to a queue. */
  readonly queued: string[] = [];
  /** Names of the policy statements that allowed or denied something. */
  readonly decided = new Set<string>();
  invocations = 0;
  readonly #timeline: Timeline;
  /** Ids of commands. */
  readonly #taken: string[] = [];

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  readonly onCall = (call: ApiCall): void => {
    this.apiCalls.push(call);
    // The log's own calls would drown the rest.
    if (call.service === 'logs') return;
    const end = call.status === 200 ? 'ok' : call.status === 0 ? 'no answer' : `HTTP ${call.status}`;
    const what = `${call.action}: ${call.allowed ? 'allowed' : 'denied'} by the role, ${end}`;
    this.#tell(`${call.service.toUpperCase()} API`, what, call.status === 200 ? 'plain' : 'bad');
  };

  readonly onLog = (line: string, part: string): void => {
    const record = parseLog(line);
    if (isObject(record?._aws)) this.metrics.push(record);
    if (!record || typeof record.phase !== 'string') return;
    this.log.push(record);
    const words = [record.outcome, record.fleetAction, record.groups, record.reason ?? record.because].filter(
      (word) => word !== undefined,
    );
    const reason = words.length === 0 ? '' : `: ${words.join(', ')}`;
    const unknown = record.unknownTags === undefined ? '' : `; unknown tags: ${record.unknownTags}`;
    this.#tell(part, `${record.message}${reason}${unknown}`, record.level === 'INFO' ? 'plain' : 'bad');
  };

  readonly onInvoked = (name: string): void => {
    this.invocations += 1;
    this.#tell('EventBridge', `a rule matches: ${name} is invoked`);
  };

  readonly onQueued = (name: string, why: string): void => {
    this.queued.push(why);
    this.#tell('Lambda', `the event goes to ${name}: ${why}`, 'bad');
  };

  readonly onDecided = (owner: string, statement: DecisiveStatement): void => {
    this.decided.add(statementName(owner, statement));
  };

  readonly onProblem = (problem: string): void => {
    this.problems.push(problem);
  };

  readonly onJournal = (line: JournalLine): void => {
    const shown = showJournal(line);
    if (shown) this.#tell('guard', shown.what, shown.mood, line.t);
  };

  readonly onAssociationStep = ({ name, status, stdout, stderr }: StepResult): void => {
    const [said = ''] = (stdout || stderr).split('\n');
    this.#tell('StateManager', `step ${name}: ${status}, ${said}`, status === 'Success' ? 'plain' : 'bad');
  };

  readonly onWatcher = (line: string): void => this.#tell('watcher', line);

  /** What the instance metadata service has for the machine now. */
  onMetadata(what: string): void {
    this.#tell('IMDS', what);
  }

  readonly onStep = (commandId: string, { name, status, exit, stdout }: StepResult): void => {
    const mood = status === 'Success' ? 'good' : status === 'Skipped' ? 'plain' : 'bad';
    const end = `${status}${exit > 0 ? `, exit ${exit}` : ''}`;
    this.#tell(
      'SSM agent',
      `${this.#numberOf(commandId)}, step ${name}: ${end}${ownWords(name, stdout)}`,
      mood,
    );
  };

  readonly onCommandTaken = (commandId: string): void => {
    this.#taken.push(commandId);
    this.#tell('SSM agent', `takes ${this.#numberOf(commandId)}: ${commandId}`);
  };

  /** From here on there is a time that T can be counted to, in epoch seconds. */
  onDeadline(deadline: number): void {
    const time = new Date(deadline * 1000).toISOString().slice(11, 19);
    this.#tell('rehearsal', `the deadline, T, is ${time} UTC`);
  }

  /** What EC2 hands to EventBridge. */
  onEvent(event: Json): void {
    const { 'detail-type': type, detail } = isObject(event) ? event : {};
    const { 'instance-id': id = 'no instance', 'instance-action': given } = isObject(detail) ? detail : {};
    // A recommendation has none.
    const none = REBALANCE_DETAIL_TYPES.some((known) => known === type) ? '' : ', no action';
    this.#tell('EC2', `${type ?? 'an event of no type'}: ${id}${given === undefined ? none : `, ${given}`}`);
  }

  onLost(): void {
    this.#tell('EventBridge', 'loses the event: nothing is invoked', 'bad');
  }

  onUnmatched(): void {
    this.#tell('EventBridge', 'no rule matches: nothing is invoked', 'bad');
  }

  onReclaim(early: boolean): void {
    if (early) this.#tell('rehearsal', 'nothing is left to wait for: the machine ends here');
    else this.#tell('EC2', 'reclaims the instance', 'bad');
  }

  /** The machine is there again after the reclaim. */
  onReturn(): void {
    this.#tell('EC2', 'starts the instance again');
  }

  /** Calls that the template's policies should have allowed. */
  denied(): string[] {
    return this.apiCalls
      .filter(({ allowed }) => !allowed)
      .map(({ service, action }) => `${service}:${action} denied`);
  }

  entries(): readonly Entry[] {
    return this.#timeline.entries();
  }

  /** In the order in which the agent took them. */
  #numberOf(commandId: string): string {
    return `command ${this.#taken.indexOf(commandId) + 1}`;
  }

  #tell(who: string, what: string, mood: Mood = 'plain', at?: number): void {
    this.#timeline.add(who, what, mood, at);
  }
}

/** What the step says beside what the guard's journal says, and but for the report. */
function ownWords(step: string, stdout: string): string {
  const [first = ''] = stdout.split('\n');
  return /^(T-|\{|$)/.test(first) ? '' : `, ${first.replace(`${step}: `, '')}`;
}

/** A line of ours; the runtime's own are not. */
function parseLog(line: string): JsonObject | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const record: unknown = JSON.parse(line);
    return isObject(record) ? record : undefined;
  } catch {
    return undefined; // a part of something longer, such as a stack
  }
}
