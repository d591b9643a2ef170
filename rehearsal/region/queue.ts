// One standard SQS queue in memory: visibility, long polling, receipt handles that expire with the next receive.
import type { Json } from '../template/template.ts';

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentMs: number;
  receiveCount: number;
  visibleFromMs: number;
  receiptHandle: string;
}

const POLL_MS = 20;

export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  /** The queue's policy, as the template states it. */
  readonly policy: Json;
  readonly visibilitySeconds: number;
  #messages: Message[] = [];

  constructor(options: {
    name: string;
    arn: string;
    url: string;
    policy: Json;
    visibilitySeconds: number;
  }) {
    this.name = options.name;
    this.arn = options.arn;
    this.url = options.url;
    this.policy = options.policy;
    this.visibilitySeconds = options.visibilitySeconds;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  send(body: string, attributes: Readonly<Record<string, string>> = {}, delaySeconds = 0): Message {
    const now = Date.now();
    const message: Message = {
      id: crypto.randomUUID(),
      body,
      attributes,
      sentMs: now,
      receiveCount: 0,
      visibleFromMs: now + delaySeconds * 1000,
      receiptHandle: '',
    };
    this.#messages.push(message);
    return message;
  }

  /** Waits up to `waitSeconds` for the first message; then takes what is there, `max` at most. */
  async receive(
    max: number,
    waitSeconds: number,
    visibilitySeconds = this.visibilitySeconds,
  ): Promise<Message[]> {
    const until = Date.now() + waitSeconds * 1000;
    for (;;) {
      const now = Date.now();
      const taken = this.#messages.filter(({ visibleFromMs }) => visibleFromMs <= now).slice(0, max);
      for (const message of taken) {
        message.receiveCount += 1;
        message.visibleFromMs = now + visibilitySeconds * 1000;
        message.receiptHandle = crypto.randomUUID();
      }
      if (taken.length > 0 || now >= until) return taken;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** False where the handle is not a current one. */
  delete(receiptHandle: string): boolean {
    const before = this.#messages.length;
    this.#messages = this.#messages.filter((message) => message.receiptHandle !== receiptHandle);
    return this.#messages.length < before;
  }

  changeVisibility(receiptHandle: string, seconds: number): boolean {
    const message = this.#messages.find((one) => one.receiptHandle === receiptHandle);
    if (!message) return false;
    message.visibleFromMs = Date.now() + seconds * 1000;
    return true;
  }
}
