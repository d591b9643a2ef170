// What the rehearsal reads of associations and of the policy for instances, and what it does not let pass.
import { beforeAll, describe, expect, it } from 'vitest';
import { partitionOf } from '../../../rehearsal/template/resolve.ts';
import { readStack, type Stack } from '../../../rehearsal/template/stack.ts';
import type { JsonObject, Template } from '../../../rehearsal/template/template.ts';
import { altered, synthesised, temporaryFolder } from '../world.ts';

const place = {
  account: '123456789012',
  region: 'cn-north-1',
  stackName: 'SpotGuard',
  ...partitionOf('cn-north-1'),
};
const read = (changed: Template): Stack => readStack(changed, place, (name) => `https://sqs/${name}`);

const folder = temporaryFolder();
let template: Template;
beforeAll(async () => {
  template = await synthesised(folder);
}, 60_000);

describe('the stack for instances', () => {
  it('has an association for each document that is not sent as a command', () => {
    const { associations, documents } = read(template);
    const stepOf = (name: string) => documents.get(name)?.steps.map((step) => step.name);
    expect(
      associations.map(({ documentName, ...rest }) => ({ steps: stepOf(documentName), ...rest })),
    ).toEqual([
      {
        steps: ['install'],
        tagKey: 'spot-guard',
        tagValues: ['enabled'],
        parameters: {
          Defaults: expect.stringMatching(
            /^drain-until=45,save-until=10,clean-until=5,grace=5,reports=spotguard-[a-z0-9-]+$/,
          ),
        },
      },
      { steps: ['remove'], tagKey: 'spot-guard', tagValues: ['remove'], parameters: {} },
    ]);
  });

  it('has one policy for their role, with an ARN of the partition', () => {
    const [policy, ...others] = read(template).instancePolicies;
    expect(others).toEqual([]);
    expect(policy?.arn).toMatch(/^arn:aws-cn:iam::123456789012:policy\/SpotGuard-/);
    expect(policy?.arn.endsWith(`/${policy.name}`)).toBe(true);
    expect(policy?.policy).toMatchObject({
      Statement: [{ Action: 'ec2:DescribeTags' }, { Action: 's3:PutObject' }],
    });
  });

  it("fills in the document's default where the association gives no parameter", () => {
    const without = altered(template, 'AWS::SSM::Association', ({ Parameters: _gone, ...rest }) => rest);
    expect(read(without).associations[0]?.parameters).toEqual({ Defaults: '' });
  });

  const faults: [string, JsonObject, RegExp][] = [
    ['no document', { Name: 'AWS-RunShellScript' }, /there is no document "AWS-RunShellScript"/],
    ['a key as in the reference', { Targets: [{ Key: 'tag-key', Values: ['x'] }] }, /one tag:KEY/],
    ['no value', { Targets: [{ Key: 'tag:x', Values: [] }] }, /one tag:KEY/],
    ['two tags', { Targets: ['a', 'b'].map((key) => ({ Key: `tag:${key}`, Values: ['x'] })) }, /one tag:KEY/],
    ['an unknown parameter', { Parameters: { Default: ['x'] } }, /Default is not a parameter/],
    ['two values for one', { Parameters: { Defaults: ['a=1', 'b=2'] } }, /takes a list of one/],
    ['a value that does not fit', { Parameters: { Defaults: ['$(reboot)'] } }, /does not match/],
    ['no schedule', { ScheduleExpression: '30 minutes' }, /must be rate\(\), cron\(\) or at\(\)/],
  ];
  it.each(faults)('cannot be deployed with an association that names %s', (_name, change, message) => {
    const broken = altered(template, 'AWS::SSM::Association', (properties) => ({ ...properties, ...change }));
    expect(() => read(broken)).toThrow(message);
  });
});
