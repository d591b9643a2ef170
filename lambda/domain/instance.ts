// What SpotGuard wants to know of an instance.
export interface Instance {
  readonly instanceId: string;
  /** EC2's word: `running`, `shutting-down`, ... An answer without one leaves it empty. */
  readonly state: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** More of it, which only who settles a notice asks for. */
export interface KnownInstance extends Instance {
  /** Epoch milliseconds of its last start. */
  readonly launchedMs: number | undefined;
  /** Its type and Availability Zone, as `m7g.large us-east-1a`. */
  readonly pool: string | undefined;
}
