// The bundle that deploys, as a process, against each place.
import { spotEvent } from '../lambda/events.ts';
import { ENVIRONMENT, invoke } from '../lambda/invoke.ts';
import type { Case } from './contract.ts';
import type { Place } from './place.ts';

async function answer(place: Place, instanceId: string): Promise<unknown> {
  const event = spotEvent({
    time: new Date(Date.now() - 1_000).toISOString().replace(/\.\d+Z$/, 'Z'),
    detail: { 'instance-id': instanceId, 'instance-action': 'terminate' },
  });
  const { log, error } = await invoke(event, { ...ENVIRONMENT, AWS_ENDPOINT_URL: place.url });
  return { phases: log.map(({ phase }) => phase), error: error.replace(instanceId, 'INSTANCE') };
}

export const BUNDLE_CASES: readonly Case[] = [
  {
    name: 'the bundle sends a command to a guarded instance',
    observe: (place) => answer(place, place.guarded),
    aws: { phases: ['commandSent'], error: '' },
  },
  {
    name: 'the bundle leaves an instance without the tag alone',
    observe: (place) => answer(place, place.unregistered),
    aws: { phases: ['unguarded'], error: '' },
  },
  {
    name: 'the bundle tells of an instance that EC2 does not know',
    observe: (place) => answer(place, 'i-ffffffffffffffff0'),
    aws: { phases: ['notSent'], error: 'command not sent: INSTANCE (InstanceNotFound)' },
  },
];
