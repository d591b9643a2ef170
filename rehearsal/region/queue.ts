// One SQS queue in memory: visibility, long polling, receipt handles that expire with the next receive; in a FIFO
// queue groups in order and no message twice within five minutes.
import { randomInt } from 'node:crypto';
import type { Json } from '../template/template.ts';
import { firstVisibleMs, type Message, takeable } from './queue-order.ts';

export type { Message } from './queue-order.ts';

export interface SendOptions {
  /** The queue's own where absent. */
  readonly delaySeconds?: number;
  readonly groupId?: string;
  readonly deduplicationId?: string;
}

export interface QueueOptions {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly policy: Json;
  readonly visibilitySeconds: number;
  readonly fifo?: boolean;
  readonly delaySeconds?: number;
  /** Where a message goes that was received so often, and is to be once more. */
  readonly redrive?: { readonly to: () => Queue; readonly maxReceives: number };
  /** What the queue takes for the time, in epoch milliseconds. */
  readonly now?: () => number;
}

const POLL_MS = 20;
/** How long SQS remembers a deduplication id (SendMessage, MessageDeduplicationId). */
const DEDUPLICATION_MS = 300_000;
/** AWS's sequence numbers are 20 digits that do not follow one another. */
const FIRST_SEQUENCE = 18_850_000_000_000_000_000n;

export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  /** The queue's policy, as the template states it. */
  readonly policy: Json;
  readonly visibilitySeconds: number;
  readonly fifo: boolean;
  readonly delaySeconds: number;
  readonly now: () => number;
  readonly #redrive: QueueOptions['redrive'];
  #messages: Message[] = [];
  readonly #byDeduplicationId = new Map<string, Message>();
  #sequence = FIRST_SEQUENCE;

  constructor(options: QueueOptions) {
    this.name = options.name;
    this.arn = options.arn;
    this.url = options.url;
    this.policy = options.policy;
    this.visibilitySeconds = options.visibilitySeconds;
    this.fifo = options.fifo ?? false;
    this.delaySeconds = options.delaySeconds ?? 0;
    this.now = options.now ?? Date.now;
    this.#redrive = options.redrive;
    if (this.fifo !== this.name.endsWith('.fifo')) {
      throw new Error(`queue ${this.name}: the name of a FIFO queue, and of no other, ends in .fifo`);
    }
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** The first message of the same deduplication id, where there is one that counts still. */
  send(body: string, attributes: Readonly<Record<string, string>> = {}, options: SendOptions = {}): Message {
    const now = this.now();
    const { delaySeconds = this.delaySeconds, groupId, deduplicationId } = options;
    const first = deduplicationId === undefined ? undefined : this.#byDeduplicationId.get(deduplicationId);
    if (first && now - first.sentMs < DEDUPLICATION_MS) return first;
    const message: Message = {
      id: crypto.randomUUID(),
      body,
      attributes,
      sentMs: now,
      ...(groupId === undefined ? {} : { groupId }),
      ...(deduplicationId === undefined ? {} : { deduplicationId }),
      ...(this.fifo ? { sequenceNumber: this.#nextSequence() } : {}),
      receiveCount: 0,
      visibleFromMs: now + delaySeconds * 1000,
      receiptHandle: '',
    };
    this.#messages.push(message);
    if (deduplicationId !== undefined) this.#byDeduplicationId.set(deduplicationId, message);
    return message;
  }

  /** Waits up to `waitSeconds` for the first message; then takes what is there, `max` at most. */
  async receive(
    max: number,
    waitSeconds: number,
    visibilitySeconds = this.visibilitySeconds,
  ): Promise<Message[]> {
    const until = this.now() + waitSeconds * 1000;
    for (;;) {
      const now = this.now();
      const taken = this.receiveNow(max, visibilitySeconds);
      if (taken.length > 0 || now >= until) return taken;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** What is there at this moment, `max` at most. */
  receiveNow(max: number, visibilitySeconds = this.visibilitySeconds): Message[] {
    const now = this.now();
    for (const message of takeable(this.#messages, this.fifo, now)) this.#giveUp(message);
    const taken = takeable(this.#messages, this.fifo, now).slice(0, max);
    for (const message of taken) {
      message.receiveCount += 1;
      message.firstReceivedMs ??= now;
      message.visibleFromMs = now + visibilitySeconds * 1000;
      message.receiptHandle = crypto.randomUUID();
    }
    return taken;
  }

  /** A dead letter, if it was received too often. */
  #giveUp(message: Message): void {
    if (!this.#redrive || message.receiveCount < this.#redrive.maxReceives) return;
    const { id, body, attributes, groupId, deduplicationId = id } = message;
    const grouped = groupId === undefined ? {} : { groupId, deduplicationId };
    this.#redrive.to().send(body, attributes, grouped);
    this.#messages = this.#messages.filter((one) => one !== message);
  }

  /** The earliest moment, gone by or to come, from which something can be received; none while it is empty. */
  nextVisibleMs(): number | undefined {
    return firstVisibleMs(this.#messages, this.fifo);
  }

  /** The message that the handle is the current one of. */
  held(receiptHandle: string): Message | undefined {
    return this.#messages.find((message) => message.receiptHandle === receiptHandle);
  }

  /** False where the handle is not a current one. */
  delete(receiptHandle: string): boolean {
    const before = this.#messages.length;
    this.#messages = this.#messages.filter((message) => message.receiptHandle !== receiptHandle);
    return this.#messages.length < before;
  }

  /** As if it had never come. */
  discard(id: string): void {
    this.#messages = this.#messages.filter((message) => message.id !== id);
  }

  changeVisibility(receiptHandle: string, seconds: number): boolean {
    const message = this.held(receiptHandle);
    if (!message) return false;
    message.visibleFromMs = this.now() + seconds * 1000;
    return true;
  }

  #nextSequence(): string {
    this.#sequence += BigInt(randomInt(1, 512));
    return String(this.#sequence);
  }
}
