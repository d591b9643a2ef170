// A scenario of what must not be possible: the same policies that let the notice through are asked for more.
import { deliveries } from '../region/bus.ts';
import { isAllowed } from '../region/iam.ts';
import type { Region } from '../region/region.ts';
import { GUARDED, type Scenario } from '../scenario.ts';
import type { Place } from '../template/resolve.ts';
import { type Forbidden, fleetForbidden } from './fleet-forbidden.ts';

const INSTANCE = 'i-0000000000000beef';
const instanceArn = ({ partition, region, account }: Place): string =>
  `arn:${partition}:ec2:${region}:${account}:instance/${INSTANCE}`;
const tag = (value: string) => ({ 'ssm:resourceTag/spot-guard': value, 'aws:ResourceTag/spot-guard': value });

export const leastPrivilege: Scenario = {
  name: 'least-privilege',
  story:
    'the roles ask for more than their work, and others ask for the queue and the function: all of it is denied',
  expected: 'graceful',
  tags: GUARDED,
  // Where nothing is set up, drain waits for a workload to answer.
  prepare: (instance) => instance.hook('drain', '10-nothing', '#!/bin/sh\n'),
  probe: async (region) => {
    const problems: string[] = [];
    for (const { what, ...request } of forbidden(region)) {
      const allowed = await region.judge({ ...request, account: region.place.account });
      if (allowed) problems.push(`expected a denial, but somebody may ${what}`);
    }
    return [
      ...problems,
      ...invokedByOthers(region),
      ...(await instancesDoNoMore(region)),
      ...(await nobodyWithoutTls(region)),
      ...(await alarmsArrive(region)),
    ];
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
      may('read another queue', 'sqs:ReceiveMessage', arn('sqs', 'other')),
      ...stack.buckets.flatMap(({ arn: bucket }) => [
        may('delete an outcome', 's3:DeleteObject', `${bucket}/outcomes/x`),
        may('forge a report', 's3:PutObject', `${bucket}/reports/x`),
        may('read what is neither outcome nor report', 's3:GetObject', `${bucket}/x`),
        may('list the whole bucket', 's3:ListBucket', bucket, { 's3:prefix': '' }),
        may('list another bucket', 's3:ListBucket', `${bucket}-other`, { 's3:prefix': 'outcomes/' }),
        may('read an outcome without TLS', 's3:GetObject', `${bucket}/outcomes/x`, {
          'aws:SecureTransport': 'false',
          's3:TlsVersion': '1.2',
        }),
        may('read an outcome by an old TLS', 's3:GetObject', `${bucket}/outcomes/x`, {
          's3:TlsVersion': '1.1',
        }),
      ]),
      ...(role.name.includes('Respond')
        ? []
        : [
            may(
              'send a command',
              'ssm:SendCommand',
              arn('ssm', `document/${[...stack.documents.keys()][0]}`),
            ),
          ]),
      ...fleetForbidden(role.name.includes('Fleet'), arn, may),
      ...(role.name.includes('Settle')
        ? []
        : stack.buckets.map(({ arn: bucket }) =>
            may('write an outcome', 's3:PutObject', `${bucket}/outcomes/x`),
          )),
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
  const ofTopics = stack.topics.flatMap(({ name, arn: topic }): Forbidden[] => {
    const publish = { principal: 'cloudwatch.amazonaws.com', action: 'sns:Publish', resource: topic };
    const own = { 'aws:SourceAccount': place.account };
    return [
      {
        ...publish,
        what: `publish to ${name} for another account`,
        context: { 'aws:SourceAccount': '999999999999' },
      },
      {
        ...publish,
        what: `publish to ${name} without TLS`,
        context: { ...own, 'aws:SecureTransport': 'false' },
      },
      { ...publish, what: `publish to ${name} as S3`, principal: 's3.amazonaws.com', context: own },
    ];
  });
  return [...ofRoles, ...ofQueues, ...ofTopics];
}

/** Rules that are like the stack's own, but for their name. */
function invokedByOthers({ stack }: Region): string[] {
  const rules = [...stack.rules, ...stack.schedules.map(({ rule }) => rule)];
  return rules.flatMap((rule) => {
    const other = { ...rule, arn: `${rule.arn}-other`, pattern: {} };
    const invoked = deliveries([other], stack.permissions, {}).filter(
      ({ refusedBecause }) => !refusedBecause,
    );
    return invoked.map(({ target }) => `expected a denial, but another rule may invoke ${target.arn}`);
  });
}

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Not even who may do everything; but by TLS they may. */
async function nobodyWithoutTls({ stack, place }: Region): Promise<string[]> {
  const problems: string[] = [];
  for (const [action, owned] of [
    ['sqs:SendMessage', stack.queues],
    ['s3:ListBucket', stack.buckets],
    ['sns:Publish', stack.topics],
  ] as const) {
    for (const { name, arn, policy } of owned) {
      const may = (isTls: boolean): Promise<boolean> =>
        isAllowed(
          {
            principal: `arn:${place.partition}:iam::${place.account}:role/admin`,
            action,
            resource: arn,
            account: place.account,
            context: {
              'aws:SecureTransport': String(isTls),
              ...(action.startsWith('s3:') ? { 's3:TlsVersion': '1.2' } : {}),
            },
          },
          { identity: [{ name: 'everything', policy: EVERYTHING }], resource: policy },
        );
      if (await may(false))
        problems.push(`expected a denial, but without TLS somebody may ${action} on ${name}`);
      if (!(await may(true)))
        problems.push(`expected that an administrator may ${action} on ${name}, got a denial`);
    }
  }
  return problems;
}

/** Alarms may publish to the stack's own topic: its policy takes the place of the one by which they could anyway. */
async function alarmsArrive({ stack, place, judge }: Region): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, arn } of stack.topics) {
    const context = { 'aws:SourceAccount': place.account };
    const publish = { principal: 'cloudwatch.amazonaws.com', action: 'sns:Publish', resource: arn, context };
    if (await judge({ ...publish, account: place.account })) continue;
    problems.push(`expected alarms to reach ${name}, got a denial`);
  }
  return problems;
}

/** What the stack has for the role of an instance: its tags and its own report, and neither more of EC2 nor of S3. */
async function instancesDoNoMore({ stack, place }: Region): Promise<string[]> {
  const { instancePolicies: identity, buckets } = stack;
  const own = instanceArn(place);
  const may = (action: string, resource: string): Promise<boolean> =>
    isAllowed(
      {
        principal: `arn:${place.partition}:iam::${place.account}:role/instance`,
        action,
        resource,
        account: place.account,
        context: { 'ec2:SourceInstanceARN': own },
      },
      { identity },
    );
  const problems: string[] = [];
  const bucket = buckets[0]?.arn ?? '';
  const other = own.replace(INSTANCE, 'i-00000000000000bad');
  for (const [action, resource] of [
    ['ec2:DescribeTags', '*'],
    ['s3:PutObject', `${bucket}/reports/${own}/1700000000.json`],
  ] as const) {
    if (!(await may(action, resource)))
      problems.push(`expected an instance to ${action} ${resource}, got a denial`);
  }
  for (const [action, resource] of [
    ['ec2:DescribeInstances', '*'],
    ['ec2:CreateTags', own],
    ['ec2:TerminateInstances', own],
    ['s3:PutObject', `${bucket}/reports/${other}/1700000000.json`],
    ['s3:PutObject', `${bucket}/outcomes/2026-02-04/x.json`],
    ['s3:GetObject', `${bucket}/reports/${own}/1700000000.json`],
    ['s3:DeleteObject', `${bucket}/reports/${own}/1700000000.json`],
    ['s3:ListBucket', bucket],
  ] as const) {
    if (await may(action, resource))
      problems.push(`expected a denial, but an instance may ${action} ${resource}`);
  }
  return problems;
}
