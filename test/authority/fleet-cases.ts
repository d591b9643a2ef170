// What instances belong to, as Elastic Load Balancing, the index of tags and Auto Scaling tell of it, and leaving it.
import {
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribePoliciesCommand,
  DetachInstancesCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  DeregisterTargetsCommand,
  DescribeAccountLimitsCommand as DescribeElbLimitsCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  GetComplianceSummaryCommand,
  GetResourcesCommand,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { FUNCTION_VARIABLES } from '../../contract/environment.ts';
import { ENVIRONMENT, invoke } from '../lambda/invoke.ts';
import { type Case, refusal, told } from './contract.ts';
import { clientsOf, type Place, SCALING_GROUP } from './place.ts';

const OTHER = 'i-00000000000000def';

const taggedGroups = (place: Place, Key: string, Value: string): Promise<unknown> =>
  told(
    clientsOf(place).tagging.send(
      new GetResourcesCommand({
        ResourceTypeFilters: ['elasticloadbalancing:targetgroup'],
        TagFilters: [{ Key, Values: [Value] }],
        ResourcesPerPage: 100,
      }),
    ),
    ({ ResourceTagMappingList = [] }) =>
      ResourceTagMappingList.map(({ ResourceARN }) => ResourceARN === place.targetGroup),
  );

/** Which of the fleet still get connections, as `NTH:PORT`. */
async function served(place: Place): Promise<string[]> {
  const { TargetHealthDescriptions = [] } = await clientsOf(place).elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: place.targetGroup }),
  );
  return TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State !== 'draining')
    .map(({ Target }) => `${place.fleet.indexOf(Target?.Id ?? '')}:${Target?.Port}`)
    .sort();
}

const membersRaw = (place: Place, ids: readonly string[]) =>
  clientsOf(place).autoScaling.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [...ids] }));
const detachRaw = (place: Place, ids: readonly string[]) =>
  clientsOf(place).autoScaling.send(
    new DetachInstancesCommand({
      AutoScalingGroupName: SCALING_GROUP,
      InstanceIds: [...ids],
      ShouldDecrementDesiredCapacity: false,
    }),
  );
const deregisterRaw = (place: Place, Id: string, Port: number, TargetGroupArn = place.targetGroup) =>
  clientsOf(place).elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id, Port }] }));

/** The bundle of `fleet`, on one request. */
async function act(place: Place, fleetAction: string, instanceId: string): Promise<unknown> {
  const seconds = Math.floor(Date.now() / 1000);
  const noticeTime = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  const body = JSON.stringify({ version: 1, instanceId, noticeTime, deadline: seconds + 120, fleetAction });
  // One that is empty: nothing more is drawn.
  const queue = { [FUNCTION_VARIABLES.fleetQueue]: place.queueUrl };
  const environment = { ...ENVIRONMENT, ...queue, AWS_ENDPOINT_URL: place.url };
  const record = { messageId: 'm', receiptHandle: '', body, attributes: { ApproximateReceiveCount: '1' } };
  const { log, error } = await invoke({ Records: [record] }, environment, {
    part: 'fleet',
  });
  return { phases: log.map(({ phase, reason }) => [phase, reason].join(' ').trim()), error };
}

export const FLEET_CASES: readonly Case[] = [
  {
    name: 'a target group is found by its tag, to the letter',
    observe: async (place) => [
      await taggedGroups(place, 'spot-guard:deregister', 'targets'),
      await taggedGroups(place, 'spot-guard:deregister', 'Targets'),
      await taggedGroups(place, 'spot-guard:replace', 'targets'),
    ],
    aws: [[true], [], []],
  },
  {
    name: 'a target group tells each target with its port',
    observe: served,
    aws: ['0:80', '0:8080', '1:80'],
  },
  {
    name: 'a target is taken out on the port that is named alone',
    async observe(place) {
      await deregisterRaw(place, place.fleet[0] ?? '', 8080);
      return served(place);
    },
    aws: ['0:80', '1:80'],
  },
  {
    name: 'a target that is none is taken out all the same',
    observe: (place) => refusal(deregisterRaw(place, place.fleet[9] ?? '', 80)),
    aws: 'accepted',
  },
  {
    name: 'a target group that does not exist',
    observe: (place) =>
      refusal(
        deregisterRaw(
          place,
          OTHER,
          80,
          place.targetGroup.replace(/targetgroup\/.*/, 'targetgroup/x/0123456789abcdef'),
        ),
      ),
    aws: 'TargetGroupNotFoundException (TargetGroupNotFound) 400',
  },
  {
    name: 'the bundle of fleet takes a target out on all its ports',
    async observe(place) {
      return [await act(place, 'deregister', place.fleet[0] ?? ''), await served(place)];
    },
    aws: [{ phases: ['fleetDone'], error: '' }, ['1:80']],
  },
  {
    name: 'an instance tells its Auto Scaling group and its state, and one that is in none is missing',
    observe: (place) =>
      told(membersRaw(place, [place.members[0] ?? '', OTHER]), ({ AutoScalingInstances = [] }) =>
        AutoScalingInstances.map((one) => [
          one.InstanceId === place.members[0],
          one.AutoScalingGroupName,
          one.LifecycleState,
        ]),
      ),
    aws: [[true, SCALING_GROUP, 'InService']],
  },
  {
    name: 'an Auto Scaling group tells its tags, and that it does not rebalance',
    observe: (place) =>
      told(
        clientsOf(place).autoScaling.send(
          new DescribeAutoScalingGroupsCommand({
            AutoScalingGroupNames: [SCALING_GROUP],
            IncludeInstances: false,
            MaxRecords: 50,
          }),
        ),
        ({ AutoScalingGroups = [] }) =>
          AutoScalingGroups.map((group) => ({
            tags: group.Tags?.map(({ Key, Value }) => [Key, Value]),
            rebalances: group.CapacityRebalance,
            suspended: group.SuspendedProcesses,
          })),
      ),
    aws: [{ tags: [['spot-guard:replace', 'asg']], rebalances: false, suspended: [] }],
  },
  {
    name: 'a detached instance has left its group',
    async observe(place) {
      const [one = ''] = place.members;
      await detachRaw(place, [one]);
      return told(membersRaw(place, [one]), ({ AutoScalingInstances = [] }) => AutoScalingInstances.length);
    },
    aws: 0,
  },
  {
    name: 'an instance that is not in the group cannot be detached',
    observe: (place) => refusal(detachRaw(place, [OTHER])),
    aws: 'ValidationError 400',
  },
  {
    name: '21 instances cannot be detached at once',
    observe: (place) => refusal(detachRaw(place, place.fleet.slice(0, 21))),
    aws: 'ValidationError 400',
  },
  {
    name: 'the groups of 51 instances cannot be asked for at once',
    observe: (place) => refusal(membersRaw(place, place.fleet.slice(0, 51))),
    aws: 'ValidationError 400',
  },
  {
    name: 'the bundle of fleet takes an instance out of its group',
    async observe(place) {
      const one = place.members[1] ?? '';
      const acted = await act(place, 'replace', one);
      const left = await told(
        membersRaw(place, [one]),
        ({ AutoScalingInstances = [] }) => AutoScalingInstances.length,
      );
      return [acted, left, await act(place, 'replace', one)];
    },
    aws: [{ phases: ['fleetDone'], error: '' }, 0, { phases: ['fleetSkipped NotInGroup'], error: '' }],
  },
  {
    name: 'a page of 101 tagged resources',
    observe: (place) =>
      refusal(clientsOf(place).tagging.send(new GetResourcesCommand({ ResourcesPerPage: 101 }))),
    aws: 'InvalidParameterException 400',
  },
  {
    name: 'another action of what instances belong to',
    observe: async (place) => {
      const { elb, tagging, autoScaling } = clientsOf(place);
      return [
        await refusal(elb.send(new DescribeElbLimitsCommand({}))),
        await refusal(autoScaling.send(new DescribePoliciesCommand({}))),
        await refusal(tagging.send(new GetComplianceSummaryCommand({}))),
      ];
    },
    aws: ['accepted', 'accepted', 'accepted'],
  },
];
