// What instances of moto's world belong to: a target group, and an Auto Scaling group with instances of its own.
import {
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { CreateTargetGroupCommand, RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { REGION } from '../lambda/events.ts';
import {
  clientsOf,
  DEREGISTER,
  type Place,
  REPLACE,
  SCALING_GROUP,
  TARGET_GROUP,
  TARGET_PORTS,
} from './place.ts';

type At = Pick<Place, 'url'>;

const tagsOf = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** Returns the ARN of the one that is tagged. */
export async function createTargetGroups(place: At, fleet: readonly string[]): Promise<string> {
  const { ec2, elb } = clientsOf(place);
  const { Vpcs: [vpc] = [] } = await ec2.send(new DescribeVpcsCommand({}));
  const create = async (Name: string, tags: Readonly<Record<string, string>>): Promise<string> => {
    const { TargetGroups: [group] = [] } = await elb.send(
      new CreateTargetGroupCommand({
        Name,
        Protocol: 'HTTP',
        Port: 80,
        VpcId: vpc?.VpcId,
        ...(Object.keys(tags).length > 0 ? { Tags: tagsOf(tags) } : {}),
      }),
    );
    return group?.TargetGroupArn ?? '';
  };
  const arn = await create(TARGET_GROUP, DEREGISTER);
  await create('not-tagged', {});
  const Targets = TARGET_PORTS.map(([nth, Port]) => ({ Id: fleet[nth], Port }));
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }));
  return arn;
}

/** Returns its instances. */
export async function createScalingGroup(place: At): Promise<string[]> {
  const { autoScaling } = clientsOf(place);
  await autoScaling.send(
    new CreateLaunchConfigurationCommand({
      LaunchConfigurationName: 'c',
      ImageId: 'ami-12c6146b',
      InstanceType: 'm7g.large',
    }),
  );
  await autoScaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: SCALING_GROUP,
      LaunchConfigurationName: 'c',
      MinSize: 0,
      MaxSize: 3,
      DesiredCapacity: 3,
      AvailabilityZones: [`${REGION}a`],
      Tags: tagsOf(REPLACE).map((tag) => ({ ...tag, PropagateAtLaunch: true })),
    }),
  );
  const { AutoScalingGroups: [group] = [] } = await autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [SCALING_GROUP] }),
  );
  return (group?.Instances ?? []).map(({ InstanceId = '' }) => InstanceId);
}
