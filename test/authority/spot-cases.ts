// A Spot instance and the request behind it, as EC2 tells of either.
import {
  DescribeInstancesCommand,
  DescribeSpotInstanceRequestsCommand,
  type DescribeSpotInstanceRequestsCommandInput,
} from '@aws-sdk/client-ec2';
import { REGION } from '../lambda/events.ts';
import { type Case, refusal, told } from './contract.ts';
import { clientsOf, type Place } from './place.ts';

const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });
const describeRaw = (place: Place, input: ReturnType<typeof filter>) =>
  clientsOf(place).ec2.send(new DescribeInstancesCommand(input));
const requestsRaw = (place: Place, input: DescribeSpotInstanceRequestsCommandInput) =>
  clientsOf(place).ec2.send(new DescribeSpotInstanceRequestsCommand(input));

/** Whether the filter finds the world's own Spot request, by the request's id. */
async function requested(place: Place, Name: string, ...Values: string[]): Promise<boolean> {
  const { SpotInstanceRequests = [] } = await requestsRaw(place, filter(Name, ...Values));
  return SpotInstanceRequests.some((one) => one.SpotInstanceRequestId === place.spotRequest);
}

export const SPOT_CASES: readonly Case[] = [
  {
    name: 'an instance tells its type, its zone and when it was launched',
    async observe(place) {
      const { Reservations = [] } = await describeRaw(place, filter('instance-id', place.spot));
      const [one] = Reservations[0]?.Instances ?? [];
      return {
        type: one?.InstanceType,
        zone: one?.Placement?.AvailabilityZone?.slice(0, -1),
        launched: one?.LaunchTime instanceof Date,
        reason: one?.StateReason,
      };
    },
    aws: { type: 'm7g.large', zone: REGION, launched: true, reason: undefined },
  },
  {
    name: 'an instance tells the Spot request that launched it',
    async observe(place) {
      const { Reservations = [] } = await describeRaw(place, filter('instance-id', place.spot));
      return Reservations[0]?.Instances?.[0]?.SpotInstanceRequestId === place.spotRequest;
    },
    aws: true,
  },
  {
    name: 'a Spot request tells its instance, state and status',
    async observe(place) {
      const input = filter('spot-instance-request-id', place.spotRequest);
      const { SpotInstanceRequests = [] } = await requestsRaw(place, input);
      return SpotInstanceRequests.map((one) => ({
        itsInstance: one.InstanceId === place.spot,
        type: one.Type,
        state: one.State,
        code: one.Status?.Code,
        updated: one.Status?.UpdateTime instanceof Date,
        created: one.CreateTime instanceof Date,
        zone: one.LaunchedAvailabilityZone?.slice(0, -1),
        instanceType: one.LaunchSpecification?.InstanceType,
      }));
    },
    aws: [
      {
        itsInstance: true,
        type: 'one-time',
        state: 'active',
        code: 'fulfilled',
        updated: true,
        created: true,
        zone: REGION,
        instanceType: 'm7g.large',
      },
    ],
  },
  {
    name: 'a Spot request is found by instance, state and id',
    observe: async (place) => [
      await requested(place, 'instance-id', place.spot),
      await requested(place, 'instance-id', place.guarded),
      await requested(place, 'state', 'active'),
      await requested(place, 'state', 'closed'),
      await requested(place, 'spot-instance-request-id', place.spotRequest),
    ],
    aws: [true, false, true, false, true],
  },
  {
    name: 'a Spot request is found by its status',
    observe: async (place) =>
      told(requestsRaw(place, filter('status-code', 'fulfilled')), ({ SpotInstanceRequests }) =>
        SpotInstanceRequests?.map((one) => one.SpotInstanceRequestId === place.spotRequest),
      ),
    aws: [true],
  },
  {
    name: 'a Spot request has no tag of its instance',
    observe: (place) => requested(place, 'tag:spot-guard', 'enabled'),
    aws: false,
  },
  {
    name: 'a filter of Spot requests that does not exist',
    observe: (place) => refusal(requestsRaw(place, filter('status', 'x'))),
    aws: 'InvalidParameterValue 400',
  },
  {
    name: 'a page of four Spot requests',
    observe: (place) => refusal(requestsRaw(place, { MaxResults: 4 })),
    aws: 'InvalidParameterValue 400',
  },
];
