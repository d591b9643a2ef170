// AWS's token buckets at the endpoints, in real time: what comes faster is throttled.

/** What a bucket holds, and what flows into it in a second. */
export interface Rate {
  readonly capacity: number;
  readonly perSecond: number;
}

/** EC2's is published (developer guide, API throttling). SSM's is not: the plan is for 5 a second. */
export const ACCOUNT_RATES: Readonly<Record<string, Rate>> = {
  'ec2:DescribeInstances': { capacity: 100, perSecond: 20 },
  'ssm:SendCommand': { capacity: 5, perSecond: 5 },
};

export class Rates {
  readonly #rates: Readonly<Record<string, Rate>>;
  readonly #filled = new Map<string, { tokens: number; atMs: number }>();

  constructor(rates: Readonly<Record<string, Rate>>) {
    this.#rates = rates;
  }

  /** `call`: `service:Action`. False where it is throttled; a call without a bucket never is. */
  take(call: string): boolean {
    const rate = this.#rates[call];
    if (rate === undefined) return true;
    const nowMs = performance.now();
    const { tokens, atMs } = this.#filled.get(call) ?? { tokens: rate.capacity, atMs: nowMs };
    const filled = Math.min(rate.capacity, tokens + ((nowMs - atMs) / 1000) * rate.perSecond);
    this.#filled.set(call, { tokens: filled < 1 ? filled : filled - 1, atMs: nowMs });
    return filled >= 1;
  }
}
