// Which messages of a queue can be received, and from when: in a FIFO queue only the beginning of each group, and
// none of a group while one of it is in flight.
export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentMs: number;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  /** Of a FIFO queue alone: 20 digits that grow. */
  readonly sequenceNumber?: string;
  receiveCount: number;
  firstReceivedMs?: number;
  visibleFromMs: number;
  receiptHandle: string;
}

/** In the order in which they are handed out. */
export function takeable(messages: readonly Message[], fifo: boolean, nowMs: number): Message[] {
  if (!fifo) return messages.filter(({ visibleFromMs }) => visibleFromMs <= nowMs);
  return groupsOf(messages).flatMap((group) => {
    if (group.some(({ receiveCount, visibleFromMs }) => receiveCount > 0 && visibleFromMs > nowMs)) return [];
    const hidden = group.findIndex(({ visibleFromMs }) => visibleFromMs > nowMs);
    return hidden < 0 ? group : group.slice(0, hidden);
  });
}

export function firstVisibleMs(messages: readonly Message[], fifo: boolean): number | undefined {
  const moments = fifo
    ? groupsOf(messages).map((group) => {
        // The first one, and whatever was received and may be in flight.
        const holding = group.filter(({ receiveCount }, index) => index === 0 || receiveCount > 0);
        return Math.max(...holding.map(({ visibleFromMs }) => visibleFromMs));
      })
    : messages.map(({ visibleFromMs }) => visibleFromMs);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

function groupsOf(messages: readonly Message[]): Message[][] {
  const groups = new Map<string, Message[]>();
  for (const message of messages) {
    const group = groups.get(message.groupId ?? '');
    if (group) group.push(message);
    else groups.set(message.groupId ?? '', [message]);
  }
  return [...groups.values()];
}
