// The machines of a burst: for each instance a folder, in which the document's steps run for real when its command comes.
// Two processors have room for a few at a time. The clock of one that waits for its turn stands still until then.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METADATA_VARIABLE } from '../../contract/instance.ts';
import type { Host } from '../host.ts';
import { Instance, lines } from '../machine/instance.ts';
import { isWaitingRunner, killAll, processesOf } from '../machine/processes.ts';
import { runScript } from '../machine/shell.ts';
import { runSteps } from '../machine/steps.ts';
import type { Commands, Invocation } from '../region/commands.ts';

export interface MachinesOptions {
  readonly folder: string;
  readonly host: Host;
  readonly violations: string;
  readonly region: string;
  readonly endpointUrl: string;
  readonly metadataUrl: string;
  readonly commands: Commands;
  readonly onProblem: (problem: string) => void;
}

const AT_ONCE = 4;
const HOOK = '#!/bin/sh\necho ran >>"$SPOT_GUARD_ROOT/told"\n';

export class Machines {
  /** How many commands have ended. */
  ended = 0;
  /** Processes that were still there when a command had ended, and what withstood the end of its machine. */
  leftBehind = 0;
  readonly #options: MachinesOptions;
  readonly #waiting: Invocation[] = [];
  #working = 0;
  #stopped = false;

  constructor(options: MachinesOptions) {
    this.#options = options;
    options.commands.onSent((invocation) => {
      this.#waiting.push(invocation);
      this.#next();
    });
  }

  get isIdle(): boolean {
    return this.#working === 0 && this.#waiting.length === 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
  }

  /** How often the hook of that instance has run. */
  ranOn(instanceId: string): number {
    try {
      return lines(readFileSync(join(this.#rootOf(instanceId), 'told'), 'utf8')).length;
    } catch {
      return 0; // it never ran
    }
  }

  #rootOf(instanceId: string): string {
    return join(this.#options.folder, instanceId);
  }

  #next(): void {
    for (; this.#working < AT_ONCE; this.#working += 1) {
      const invocation = this.#waiting.shift();
      if (invocation === undefined) return;
      void this.#run(invocation)
        .catch((error: unknown) => this.#options.onProblem(String(error)))
        .finally(() => {
          this.#working -= 1;
          this.#next();
        });
    }
  }

  async #run(invocation: Invocation): Promise<void> {
    const { host, violations, region, endpointUrl, metadataUrl, commands } = this.#options;
    const { instanceId, command } = invocation;
    const root = this.#rootOf(instanceId);
    const behindMs = Date.now() - command.receivedMs;
    const variables = {
      [METADATA_VARIABLE]: metadataUrl,
      AWS_ENDPOINT_URL: endpointUrl,
      REHEARSAL_BEHIND: String(behindMs / 1000),
    };
    const machine = new Instance(instanceId, root, host, violations, variables);
    machine.hook('drain', '10-tell', HOOK);
    const place = { instanceId, region, root, path: machine.path, variables };
    commands.deliver(invocation, command.receivedMs);
    const status = await runSteps({
      id: command.id,
      document: command.document,
      parameters: command.parameters,
      runScript: (script) => runScript(place, script),
      isOver: () => this.#stopped,
      onStep: (step) => void invocation.steps.push(step),
      now: () => Date.now() - behindMs,
    });
    invocation.status = status ?? invocation.status;
    this.ended += 1;
    this.leftBehind += processesOf(root).filter((pid) => !isWaitingRunner(pid)).length;
    this.leftBehind += (await killAll(root)).length;
  }
}
