// DescribeInstances: through the adapter, and what the wire beneath it must do.
import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  DescribeRegionsCommand,
  DescribeTagsCommand,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { describeInstances } from '../../lambda/aws/instances.ts';
import { CALL_MS, type Case, refusal } from './contract.ts';
import { clientsOf, FLEET_SIZE, FLEET_TAGS, GUARDED_TAGS, type Place } from './place.ts';

const UNKNOWN = 'i-ffffffffffffffff0';

const described = (place: Place, ids: readonly string[]) =>
  describeInstances(clientsOf(place).ec2, ids, Date.now() + CALL_MS);
const describeRaw = (place: Place, input: DescribeInstancesCommandInput) =>
  clientsOf(place).ec2.send(new DescribeInstancesCommand(input));
const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });

/** Which of the world's own instances the filter finds. */
async function found(place: Place, Name: string, ...Values: string[]): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of paginateDescribeInstances(
    { client: clientsOf(place).ec2 },
    filter(Name, ...Values),
  )) {
    for (const { Instances = [] } of page.Reservations ?? [])
      ids.push(...Instances.map(({ InstanceId }) => InstanceId ?? ''));
  }
  const fleet = ids.filter((id) => place.fleet.includes(id)).length;
  const single = (['guarded', 'unregistered', 'terminated'] as const).filter((role) =>
    ids.includes(place[role]),
  );
  return [...single, ...(fleet > 0 ? [`fleet of ${fleet}`] : [])];
}

export const EC2_CASES: readonly Case[] = [
  {
    name: 'describeInstances tells tags and state as they are',
    observe: async (place) =>
      (await described(place, [place.guarded])).map(({ instanceId, state, tags }) => ({
        asked: instanceId === place.guarded,
        state,
        tags: Object.fromEntries(tags),
      })),
    aws: [{ asked: true, state: 'running', tags: GUARDED_TAGS }],
  },
  {
    name: 'describeInstances leaves an unknown id out, and still tells the others',
    observe: async (place) => (await described(place, [UNKNOWN, place.guarded])).length,
    aws: 1,
  },
  {
    name: 'describeInstances tells of a terminated instance',
    observe: async (place) => (await described(place, [place.terminated])).map(({ state }) => state),
    aws: ['terminated'],
  },
  {
    name: 'describeInstances tells of an instance without tags',
    observe: async (place) => (await described(place, [place.unregistered])).map(({ tags }) => tags.size),
    aws: [0],
  },
  {
    name: 'describeInstances follows the pages, however many there are',
    observe: async (place) =>
      new Set((await described(place, place.fleet)).map((one) => one.instanceId)).size,
    aws: FLEET_SIZE,
  },
  {
    name: 'DescribeInstances pages by MaxResults',
    async observe(place) {
      const pages: number[] = [];
      const input = filter('tag:Name', FLEET_TAGS.Name);
      for await (const page of paginateDescribeInstances(
        { client: clientsOf(place).ec2, pageSize: 50 },
        input,
      )) {
        pages.push(page.Reservations?.flatMap(({ Instances = [] }) => Instances).length ?? 0);
      }
      return pages;
    },
    aws: [50, 50, 20],
  },
  {
    name: 'a filter by tag, by key, by state and with wildcards',
    observe: async (place) => ({
      tag: await found(place, 'tag:spot-guard', 'enabled'),
      otherCase: await found(place, 'tag:spot-guard', 'Enabled'),
      key: await found(place, 'tag-key', 'Name'),
      state: await found(place, 'instance-state-name', 'terminated'),
      wildcards: await found(place, 'tag:Name', 'fl?*'),
      noPattern: await found(place, 'tag:Name', 'fl.*'),
    }),
    aws: {
      tag: ['guarded'],
      otherCase: [],
      key: ['guarded', `fleet of ${FLEET_SIZE}`],
      state: ['terminated'],
      wildcards: [`fleet of ${FLEET_SIZE}`],
      noPattern: [],
    },
  },
  {
    name: 'a filter by lifecycle',
    observe: (place) => refusal(describeRaw(place, filter('instance-lifecycle', 'spot'))),
    aws: 'accepted',
  },
  {
    name: 'a filter that does not exist',
    observe: (place) => refusal(describeRaw(place, filter('instance_id', 'x'))),
    aws: 'InvalidParameterValue 400',
  },
  {
    name: '201 values in one filter',
    observe: (place) =>
      refusal(describeRaw(place, filter('instance-id', ...Array.from({ length: 201 }, () => UNKNOWN)))),
    aws: 'FilterLimitExceeded 400',
  },
  {
    name: 'an unknown id outside a filter',
    observe: (place) => refusal(describeRaw(place, { InstanceIds: [UNKNOWN] })),
    aws: 'InvalidInstanceID.NotFound 400',
  },
  {
    name: 'an id that is none outside a filter',
    observe: (place) => refusal(describeRaw(place, { InstanceIds: ['i-nonsense'] })),
    aws: 'InvalidInstanceID.Malformed 400',
  },
  {
    name: 'ids and MaxResults together',
    observe: (place) => refusal(describeRaw(place, { InstanceIds: [place.guarded], MaxResults: 5 })),
    aws: 'InvalidParameterCombination 400',
  },
  {
    name: 'MaxResults of 4',
    observe: (place) => refusal(describeRaw(place, { MaxResults: 4 })),
    aws: 'InvalidParameterValue 400',
  },
  {
    name: 'a token that nobody gave out',
    observe: (place) => refusal(describeRaw(place, { NextToken: 'nonsense' })),
    aws: 'InvalidPaginationToken 400',
  },
  {
    name: "an instance's tags by the beginning of their key",
    observe: (place) =>
      refusal(
        clientsOf(place).ec2.send(
          new DescribeTagsCommand({
            Filters: [
              { Name: 'resource-id', Values: [place.guarded] },
              { Name: 'key', Values: ['spot-guard*'] },
            ],
          }),
        ),
      ),
    aws: 'accepted',
  },
  {
    name: 'a terminated instance tells why, and is found by that',
    async observe(place) {
      const { Reservations = [] } = await describeRaw(place, filter('instance-id', place.terminated));
      return {
        code: Reservations[0]?.Instances?.[0]?.StateReason?.Code,
        found: await found(place, 'state-reason-code', 'Client.User*'),
      };
    },
    aws: { code: 'Client.UserInitiatedShutdown', found: ['terminated'] },
  },
  {
    name: 'another action of EC2',
    observe: (place) => refusal(clientsOf(place).ec2.send(new DescribeRegionsCommand({}))),
    aws: 'accepted',
  },
];
