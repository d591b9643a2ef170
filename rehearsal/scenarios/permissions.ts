// A scenario of what must not be possible: the same policies that let the notice through are asked for more.
import { deliveries } from '../region/bus.ts';
import { type AccessRequest, isAllowed } from '../region/iam.ts';
import type { Region } from '../region/region.ts';
import { GUARDED, type Scenario } from '../scenario.ts';
import type { Place } from '../template/resolve.ts';

interface Forbidden extends Pick<AccessRequest, 'principal' | 'action' | 'resource' | 'context'> {
  readonly what: string;
}

const INSTANCE = 'i-0000000000000beef';
const instanceArn = ({ partition, region, account }: Place): string =>
  `arn:${partition}:ec2:${region}:${account}:instance/${INSTANCE}`;
const tag = (value: string) => ({ 'ssm:resourceTag/spot-guard': value, 'aws:ResourceTag/spot-guard': value });

export const leastPrivilege: Scenario = {
  name: 'least-privilege',
  story:
    'the roles ask for more than their work, and others ask for the queue and the function: all of it is denied',
  expected: 'empty',
  tags: GUARDED,
  probe: async (region) => {
    const problems: string[] = [];
    for (const { what, ...request } of forbidden(region)) {
      const allowed = await region.judge({ ...request, account: region.place.account });
      if (allowed) problems.push(`expected a denial, but somebody may ${what}`);
    }
    return [...problems, ...invokedByOthers(region), ...(await instancesReadTags(region))];
  },
  expectations: [],
};

function forbidden({ stack, place }: Region): Forbidden[] {
  const arn = (service: string, rest: string): string =>
    `arn:${place.partition}:${service}:${place.region}:${place.account}:${rest}`;
  const instance = instanceArn(place);
  const ofRoles = stack.functions.flatMap(({ role }): Forbidden[] => {
    const may = (what: string, action: string, resource: string, context = {}): Forbidden => ({
      what: `${what} as ${role.name}`,
      principal: role.arn,
      action,
      resource,
      context,
    });
    return [
      may(
        "send a command with AWS's shell document",
        'ssm:SendCommand',
        arn('ssm', 'document/AWS-RunShellScript'),
      ),
      may('send a command with another document', 'ssm:SendCommand', arn('ssm', 'document/Other')),
      may('send a command to an untagged instance', 'ssm:SendCommand', instance),
      may('send a command to an instance tagged Enabled', 'ssm:SendCommand', instance, tag('Enabled')),
      may(
        'send a command to a tagged machine that is no EC2 instance',
        'ssm:SendCommand',
        arn('ssm', 'managed-instance/mi-0123456789abcdef0'),
        tag('enabled'),
      ),
      may('terminate an instance', 'ec2:TerminateInstances', instance, tag('enabled')),
      may('write another log', 'logs:PutLogEvents', arn('logs', 'log-group:other:log-stream:x')),
      may('send to another queue', 'sqs:SendMessage', arn('sqs', 'other')),
      {
        what: `take on ${role.name} as another service`,
        principal: 'ec2.amazonaws.com',
        action: 'sts:AssumeRole',
        resource: role.arn,
      },
    ];
  });
  const ofQueues = stack.queues.flatMap(({ name, arn: queue }): Forbidden[] => {
    const send = { principal: 'events.amazonaws.com', action: 'sqs:SendMessage', resource: queue };
    const own = stack.rules[0]?.arn ?? '';
    return [
      {
        ...send,
        what: `send to ${name} for another rule`,
        context: { 'aws:SourceArn': arn('events', 'rule/other') },
      },
      {
        ...send,
        what: `send to ${name} without TLS`,
        context: { 'aws:SourceArn': own, 'aws:SecureTransport': 'false' },
      },
      {
        ...send,
        what: `send to ${name} as SNS`,
        principal: 'sns.amazonaws.com',
        context: { 'aws:SourceArn': own },
      },
    ];
  });
  return [...ofRoles, ...ofQueues];
}

/** Rules that are like the stack's own, but for their name. */
function invokedByOthers({ stack }: Region): string[] {
  return stack.rules.flatMap((rule) => {
    const other = { ...rule, arn: `${rule.arn}-other`, pattern: {} };
    const invoked = deliveries([other], stack.permissions, {}).filter(
      ({ refusedBecause }) => !refusedBecause,
    );
    return invoked.map(({ target }) => `expected a denial, but another rule may invoke ${target.arn}`);
  });
}

/** What the stack has for the role of an instance: the tags, and neither more of EC2 nor a way to change them. */
async function instancesReadTags({ stack, place }: Region): Promise<string[]> {
  const { instancePolicies: identity } = stack;
  const may = (action: string): Promise<boolean> =>
    isAllowed(
      {
        principal: `arn:${place.partition}:iam::${place.account}:role/instance`,
        action,
        resource: action.includes(':Describe') ? '*' : instanceArn(place),
        account: place.account,
      },
      { identity },
    );
  const problems = (await may('ec2:DescribeTags')) ? [] : ['expected an instance to read tags, got a denial'];
  for (const action of ['ec2:DescribeInstances', 'ec2:CreateTags', 'ec2:TerminateInstances']) {
    if (await may(action)) problems.push(`expected a denial, but an instance may call ${action}`);
  }
  return problems;
}
