// What instances of the Region belong to: target groups of load balancers, and Auto Scaling groups.

export interface TargetGroupSetup {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly targets: readonly { readonly id: string; readonly port: number }[];
}

export interface ScalingGroupSetup {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Instance ids and their lifecycle states. */
  readonly members: Readonly<Record<string, string>>;
  readonly capacityRebalance?: boolean;
  readonly suspended?: readonly string[];
}

export interface FleetSetup {
  readonly targetGroups?: readonly TargetGroupSetup[];
  readonly scalingGroups?: readonly ScalingGroupSetup[];
}

export interface Target {
  readonly id: string;
  readonly port: number;
  state: 'healthy' | 'draining';
}

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly targets: Target[];
  deleted: boolean;
}

export interface ScalingGroup {
  readonly arn: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Lifecycle states by instance id. */
  readonly members: Map<string, string>;
  readonly capacityRebalance: boolean;
  readonly suspended: readonly string[];
  /** Instances that it has launched in place of others. */
  launched: number;
  lost: boolean;
}

export class Fleet {
  readonly targetGroups: readonly TargetGroup[];
  readonly scalingGroups: readonly ScalingGroup[];
  readonly #leaving = new Set<string>();

  constructor({ targetGroups = [], scalingGroups = [] }: FleetSetup, arnPrefix: (service: string) => string) {
    this.targetGroups = targetGroups.map(({ name, tags = {}, targets }, nth) => ({
      arn: `${arnPrefix('elasticloadbalancing')}targetgroup/${name}/${String(nth).padStart(16, '0')}`,
      name,
      tags,
      targets: targets.map((target) => ({ ...target, state: 'healthy' })),
      deleted: false,
    }));
    this.scalingGroups = scalingGroups.map((setup) => ({
      arn: `${arnPrefix('autoscaling')}autoScalingGroup:${crypto.randomUUID()}:autoScalingGroupName/${setup.name}`,
      name: setup.name,
      tags: setup.tags ?? {},
      members: new Map(Object.entries(setup.members)),
      capacityRebalance: setup.capacityRebalance ?? false,
      suspended: setup.suspended ?? [],
      launched: 0,
      lost: false,
    }));
  }

  /** The index of tags still has the target group; Elastic Load Balancing no more. */
  delete(name: string): void {
    for (const group of this.targetGroups) if (group.name === name) group.deleted = true;
  }

  /** It leaves its group as soon as somebody has looked. */
  leaveLater(id: string): void {
    this.#leaving.add(id);
  }

  /** It is told of still, but nothing can be done with it. */
  lose(name: string): void {
    for (const group of this.scalingGroups) if (group.name === name) group.lost = true;
  }

  /** Somebody has looked. */
  looked(): void {
    for (const id of this.#leaving) this.groupOf(id)?.members.delete(id);
  }

  /** As `name:port`, by the names of the groups. */
  serving(id: string): string[] {
    return this.targetGroups.flatMap(({ name, targets }) =>
      targets.filter((one) => one.id === id && one.state === 'healthy').map(({ port }) => `${name}:${port}`),
    );
  }

  groupOf(id: string): ScalingGroup | undefined {
    return this.scalingGroups.find(({ members }) => members.has(id));
  }
}
