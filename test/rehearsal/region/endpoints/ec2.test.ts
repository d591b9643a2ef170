// The local EC2 as the real SDK sees it.
import {
  DescribeInstancesCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeTagsCommand,
  EC2Client,
  paginateDescribeInstances,
  paginateDescribeSpotInstanceRequests,
} from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, it } from 'vitest';
import { guarded, instances, type LocalAws, openLocalAws, untagged } from './local-aws.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await openLocalAws();
});

describe('EC2', () => {
  const ec2 = () => new EC2Client(aws.config);

  it('answers filters by id, tag and state with the tags as they are', async () => {
    const Filters = [
      { Name: 'instance-id', Values: [guarded, untagged, 'i-ffffffffffffffff0'] },
      { Name: 'tag:spot-guard', Values: ['enabled'] },
      { Name: 'instance-state-name', Values: ['running'] },
    ];
    const { Reservations } = await ec2().send(new DescribeInstancesCommand({ Filters }));
    const found = Reservations?.flatMap(({ Instances = [] }) => Instances) ?? [];
    expect(found.map(({ InstanceId }) => InstanceId)).toEqual([guarded]);
    expect(found[0]?.Tags).toContainEqual({ Key: 'Name', Value: `<&"'>é` });
    expect(found[0]?.State?.Name).toBe('running');
  });

  it('pages', async () => {
    const pages: number[] = [];
    for await (const page of paginateDescribeInstances({ client: ec2(), pageSize: 5 }, {}))
      pages.push(page.Reservations?.length ?? 0);
    expect(pages).toEqual([5, 5, 2]);
  });

  it('tells the tags that the filters name, with wildcards, and none of what is not there', async () => {
    const tags = async (...Filters: { Name: string; Values: string[] }[]) => {
      const { Tags = [] } = await ec2().send(new DescribeTagsCommand({ Filters }));
      return Tags.map(({ ResourceId, ResourceType, Key, Value }) => [ResourceId, ResourceType, Key, Value]);
    };
    const of = (id: string) => ({ Name: 'resource-id', Values: [id] });
    expect(await tags(of(guarded), { Name: 'key', Values: ['spot-guard', 'spot-guard:*'] })).toEqual([
      [guarded, 'instance', 'spot-guard', 'enabled'],
    ]);
    expect(await tags(of(guarded), { Name: 'key', Values: ['N*e'] })).toEqual([
      [guarded, 'instance', 'Name', `<&"'>é`],
    ]);
    expect(await tags(of(guarded), { Name: 'key', Values: ['N\\*e'] })).toEqual([]);
    expect(await tags(of('i-ffffffffffffffff0'))).toEqual([]);
    await expect(tags({ Name: 'resource', Values: ['x'] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });

  it('refuses an unknown filter, an unknown id and another action in its own words', async () => {
    const send = (input: object) => ec2().send(new DescribeInstancesCommand(input));
    await expect(send({ Filters: [{ Name: 'instance_id', Values: ['x'] }] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
    await expect(send({ InstanceIds: ['i-ffffffffffffffff0'] })).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
    });
  });

  it('tells type, zone, launch, reason and Spot request of an instance, or what is usual', async () => {
    const found = async (Name: string, ...Values: string[]) => {
      const { Reservations = [] } = await ec2().send(
        new DescribeInstancesCommand({ Filters: [{ Name, Values }] }),
      );
      return Reservations.flatMap(({ Instances = [] }) => Instances);
    };
    const [reclaimed, ...none] = await found('state-reason-code', 'Server.Spot*');
    expect(none).toEqual([]);
    expect(reclaimed).toMatchObject({
      InstanceId: instances[11]?.id,
      InstanceType: 'c7g.xlarge',
      Placement: { AvailabilityZone: 'us-east-1c' },
      LaunchTime: new Date('2026-11-01T10:00:00Z'),
      StateReason: { Code: 'Server.SpotInstanceTermination', Message: 'Spot Instance termination' },
      SpotInstanceRequestId: 'sir-reclaimed',
    });
    const [usual] = await found('instance-id', instances[8]?.id ?? '');
    expect(usual).toMatchObject({ InstanceType: 'm7g.large', Placement: { AvailabilityZone: 'us-east-1a' } });
    expect(usual?.LaunchTime).toBeInstanceOf(Date);
    expect([usual?.StateReason, usual?.SpotInstanceRequestId]).toEqual([undefined, undefined]);
    expect(await found('instance-state-name', 'terminated')).toHaveLength(1);
  });
});

describe('Spot requests', () => {
  const ec2 = () => new EC2Client(aws.config);
  const requests = async (...Filters: { Name: string; Values: string[] }[]) => {
    const { SpotInstanceRequests = [] } = await ec2().send(
      new DescribeSpotInstanceRequestsCommand({ Filters }),
    );
    return SpotInstanceRequests;
  };
  const ids = async (Name: string, ...Values: string[]) =>
    (await requests({ Name, Values })).map(({ SpotInstanceRequestId }) => SpotInstanceRequestId);

  it('tell how each one ended, and on which machine', async () => {
    const closed = await requests({ Name: 'state', Values: ['closed'] });
    expect(closed).toEqual([
      {
        SpotInstanceRequestId: 'sir-reclaimed',
        Type: 'one-time',
        State: 'closed',
        Status: {
          Code: 'instance-terminated-no-capacity',
          UpdateTime: new Date('2026-11-02T10:00:00Z'),
          Message: expect.stringContaining('capacity'),
        },
        InstanceId: instances[11]?.id,
        LaunchedAvailabilityZone: 'us-east-1c',
        LaunchSpecification: { InstanceType: 'c7g.xlarge' },
        CreateTime: new Date('2026-11-01T10:00:00Z'),
        Tags: [{ Key: 'team', Value: 'a' }],
      },
    ]);
  });

  it('are found by instance, status, id and their own tags, by no tag of the instance', async () => {
    expect(await ids('instance-id', guarded)).toEqual(['sir-0']);
    expect(await ids('status-code', 'instance-terminated-*')).toEqual(['sir-reclaimed']);
    expect(await ids('spot-instance-request-id', 'sir-1', 'sir-2', 'sir-99')).toEqual(['sir-1', 'sir-2']);
    expect(await ids('tag:team', 'a')).toEqual(['sir-reclaimed']);
    expect(await ids('tag:spot-guard', '*')).toEqual([]);
    await expect(ids('status', 'x')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('page, and refuse a page of four and a token that nobody gave out', async () => {
    const pages: number[] = [];
    const pager = paginateDescribeSpotInstanceRequests({ client: ec2(), pageSize: 5 }, {});
    for await (const { SpotInstanceRequests = [] } of pager) pages.push(SpotInstanceRequests.length);
    expect(pages).toEqual([5, 3]);
    const ask = (input: object) => ec2().send(new DescribeSpotInstanceRequestsCommand(input));
    await expect(ask({ MaxResults: 4 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(ask({ NextToken: 'x' })).rejects.toMatchObject({ name: 'InvalidPaginationToken' });
    await expect(ask({ SpotInstanceRequestIds: ['sir-1'] })).rejects.toThrow();
    expect(aws.troubles.splice(0)).toEqual([expect.stringContaining('SpotInstanceRequestId.1')]);
  });
});
