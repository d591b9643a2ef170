// What SpotGuard wants to know of an instance.
export interface Instance {
  readonly instanceId: string;
  /** EC2's word: `running`, `shutting-down`, ... An answer without one leaves it empty. */
  readonly state: string;
  readonly tags: ReadonlyMap<string, string>;
}
