// A standard SQS queue in virtual time.
import type { Waiting } from '../lambda/domain/waiting.ts';
import { SQS_BATCH } from './parameters.ts';
import type { VirtualTime } from './time.ts';

interface Message extends Waiting {
  receives: number;
  receiptHandle: string;
}

export class Queue {
  readonly #time: VirtualTime;
  readonly #visibilityMs: number;
  /** Those that can be received, in order. */
  #ready: Message[] = [];
  readonly #inFlight = new Map<string, Message>();
  #handles = 0;
  #arrived: (() => void)[] = [];

  constructor(time: VirtualTime, visibilityMs: number) {
    this.#time = time;
    this.#visibilityMs = visibilityMs;
  }

  /** Messages that nobody has deleted. */
  get size(): number {
    return this.#ready.length + this.#inFlight.size;
  }

  send(body: string): void {
    this.#handles += 1;
    this.#show({ id: `m-${this.#handles}`, body, receives: 0, receiptHandle: '' });
  }

  /** Ten at most, of those that are there now. */
  receive(most: number): Waiting[] {
    return this.#ready.splice(0, Math.min(most, SQS_BATCH)).map((message) => {
      message.receives += 1;
      this.#handles += 1;
      message.receiptHandle = `h-${this.#handles}`;
      this.#inFlight.set(message.receiptHandle, message);
      this.putOff(message.receiptHandle, this.#visibilityMs);
      return { ...message };
    });
  }

  /** Resolves when there is something to be received. */
  async arrives(): Promise<void> {
    while (this.#ready.length === 0) await new Promise<void>((resolve) => this.#arrived.push(resolve));
  }

  delete(receiptHandle: string): void {
    this.#inFlight.delete(receiptHandle);
  }

  /** Milliseconds from now; as it was put off last. */
  putOff(receiptHandle: string, ms: number): void {
    const message = this.#inFlight.get(receiptHandle);
    if (message === undefined) return;
    const until = this.#time.now() + ms;
    this.#until.set(message, until);
    void this.#time.sleep(ms).then(() => {
      if (this.#inFlight.get(receiptHandle) !== message || this.#until.get(message) !== until) return;
      this.#inFlight.delete(receiptHandle);
      this.#show(message);
    });
  }

  readonly #until = new Map<Message, number>();

  #show(message: Message): void {
    this.#ready.push(message);
    const waiting = this.#arrived;
    this.#arrived = [];
    for (const wake of waiting) wake();
  }
}
