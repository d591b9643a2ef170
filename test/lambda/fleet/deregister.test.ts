// A target that Elastic Load Balancing refuses: it keeps nobody else in, and is looked at again.
import { describe, expect, it } from 'vitest';
import { deregister } from '../../../lambda/fleet/deregister.ts';
import { CallFailed, type FleetPorts } from '../../../lambda/ports.ts';

const GROUP = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef';
const ids = Array.from({ length: 8 }, (_, nth) => `i-${nth}`);

/** Refuses each call that names this one. */
const portsRefusing = (bad: string, reason: string, calls: number[]): FleetPorts =>
  ({
    targetGroupsTagged: async () => [GROUP],
    targetsOf: async () => ids.map((id) => ({ id, port: 80, draining: false })),
    deregister: async (_group: string, targets: readonly { id: string }[]) => {
      calls.push(targets.length);
      if (targets.some(({ id }) => id === bad))
        throw new CallFailed('DeregisterTargets', reason, undefined, false);
    },
  }) as unknown as FleetPorts;

describe('deregister', () => {
  it.each(['InvalidTarget', 'InvalidTargetException'])(
    'finds the one that is refused as %s by halving, and has it looked at again',
    async (reason) => {
      const calls: number[] = [];
      const ends = await deregister(ids, Date.now() + 5_000, portsRefusing('i-5', reason, calls));
      expect(ends.get('i-5')).toEqual({ kind: 'again', reason });
      const others = ids.filter((id) => id !== 'i-5').map((id) => ends.get(id));
      expect(others).toEqual(Array(7).fill({ kind: 'done', groups: ['web'] }));
      expect(calls).toEqual([8, 4, 4, 2, 1, 1, 2]);
    },
  );

  it('does not halve for another fault', async () => {
    const calls: number[] = [];
    const ends = await deregister(ids, Date.now() + 5_000, portsRefusing('i-5', 'AccessDenied', calls));
    expect([...ends.values()]).toEqual(Array(8).fill({ kind: 'failed', reason: 'AccessDenied' }));
    expect(calls).toEqual([8]);
  });
});
