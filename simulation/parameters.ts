// Every number that the simulation takes for AWS's, with where it is from. `assumed`: AWS tells none.

/** Milliseconds, lognormal: half are quicker than `median`, and one in a hundred is slower than `p99`. */
export interface Latency {
  readonly median: number;
  readonly p99: number;
}

/** A token bucket of an account and Region. */
export interface Rate {
  readonly capacity: number;
  readonly perSecond: number;
}

export const LATENCIES = {
  /** EC2's event until EventBridge invokes. AWS's architecture blog (2026-02): 80 ms p90; "about half a second" before. */
  delivery: { median: 100, p99: 500 },
  /** Lambda's own queue until the function runs; assumed. */
  invocation: { median: 30, p99: 200 },
  /** Start of an environment: our own bench has 77 ms here; Lambda's is some 0.3 to 0.6 s; assumed. */
  coldStart: { median: 350, p99: 900 },
  /** From a failed invocation to the message in its failure destination; AWS tells none; assumed, and on the long side. */
  destination: { median: 1_000, p99: 5_000 },
  /** A message that can be received until Lambda's poller, that waits for it, has invoked; assumed. */
  poll: { median: 60, p99: 400 },
  /** Calls, as a client in the Region sees them; assumed. */
  describe: { median: 120, p99: 600 },
  send: { median: 200, p99: 800 },
  queueCall: { median: 12, p99: 60 },
  /** SendCommand's answer until the agent runs the document; AWS tells none; assumed. */
  pickUp: { median: 1_500, p99: 8_000 },
} as const satisfies Record<string, Latency>;

/** EC2's DescribeInstances, filtered or paginated (EC2 developer guide, API throttling). */
export const DESCRIBE_FILTERED: Rate = { capacity: 100, perSecond: 20 };
/** The same by ids alone: unfiltered and unpaginated (ibid.). */
export const DESCRIBE_BY_IDS: Rate = { capacity: 50, perSecond: 10 };

export const LAMBDA = {
  /** New environments of a function in ten seconds (Lambda developer guide, scaling behaviour). */
  newEnvironmentsPer10s: 1_000,
  /** Milliseconds between tries of an event that is throttled: first, and at most (ibid., asynchronous invocation). */
  firstBackOffMs: 1_000,
  lastBackOffMs: 300_000,
  /** Waits before Lambda's second and third attempt of an event whose function failed (ibid.). */
  retryMs: [60_000, 120_000],
  /** Its default age of an event, milliseconds (ibid.). */
  maxAgeMs: 21_600_000,
} as const;

/** ReceiveMessage and the other batches of SQS (API reference). */
export const SQS_BATCH = 10;

/** AWS SDKs' standard mode: attempts, and the longest of the doubled, jittered waits from `baseMs` on (SDK reference). */
export const SDK_RETRY = { attempts: 3, baseMs: 100, lastMs: 20_000 } as const;

/** Workers of a queue that is read by a daemon (aws-node-termination-handler's `workers`, Karpenter's parallelism). */
export const WORKERS = 10;

/** What a template sets in ours; a test holds it against the stack. */
export const OURS = {
  readers: 3,
  timeoutMs: 10_000,
  maxAgeMs: 60_000,
  visibilityMs: 20_000,
} as const;
