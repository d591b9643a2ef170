// The local EC2 as the real SDK sees it.
import {
  DescribeInstancesCommand,
  DescribeTagsCommand,
  EC2Client,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, it } from 'vitest';
import { guarded, type LocalAws, openLocalAws, untagged } from './local-aws.ts';

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
});
