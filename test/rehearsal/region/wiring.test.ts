import { beforeAll, describe, expect, it } from 'vitest';
import type { PlantedFault } from '../../../rehearsal/region/endpoints/server.ts';
import { rehearse } from '../../../rehearsal/rehearse.ts';
import type { Scenario } from '../../../rehearsal/scenario.ts';
import { isObject, type Json, type JsonObject, type Template } from '../../../rehearsal/template/template.ts';
import { altered as alteredAll, synthesised, temporaryFolder, thisHost } from '../world.ts';

const folder = temporaryFolder();
const host = thisHost();
let template: Template;
beforeAll(async () => {
  template = await synthesised(folder);
}, 60_000);

const scenario: Scenario = {
  name: 'wiring',
  story: '',
  expected: 'graceful',
  // Where nothing is set up, drain waits for a workload to answer.
  prepare: (instance) => instance.hook('drain', '10-nothing', '#!/bin/sh\n'),
  expectations: [],
};
const run = (
  changed: Template,
  faults: PlantedFault[] = [],
  more: Partial<Scenario> = {},
  windowSeconds = 20,
) => rehearse({ ...scenario, faults, ...more }, { template: changed, host, windowSeconds });
/** Seconds, where nothing comes of the notice: it is tried again until its deadline. */
const IN_VAIN = 5;

/** What is on the way of a notice to its instance; what comes after it stays as it is. */
const altered = (
  from: Template,
  type: string,
  change: (properties: JsonObject) => JsonObject | undefined,
): Template => alteredAll(from, type, change, /^SpotGuard(Respond|Notices|Overflow)/);

function withoutStatement(action: string): Template {
  return altered(template, 'AWS::IAM::Policy', (properties) => {
    const document = properties.PolicyDocument;
    const statements = isObject(document) && Array.isArray(document.Statement) ? document.Statement : [];
    const kept = statements.filter((statement: Json) => !JSON.stringify(statement).includes(`"${action}"`));
    return { ...properties, PolicyDocument: { Version: '2012-10-17', Statement: kept } };
  });
}
const withVariables = (variables: JsonObject): Template =>
  altered(template, 'AWS::Lambda::Function', (properties) => {
    const environment = isObject(properties.Environment) ? properties.Environment.Variables : {};
    return {
      ...properties,
      Environment: { Variables: { ...(isObject(environment) ? environment : {}), ...variables } },
    };
  });
/** Code of somebody else's in the function's process. */
const callingOut = `--import=data:text/javascript,${encodeURIComponent(
  "setTimeout(() => import('node:http').then((http) => http.get('http://192.0.2.7').on('error', () => {})), 0)",
)}`;
const aside = (problem: RegExp | undefined): boolean =>
  /log is lost|loopback|may not invoke/.test(problem?.source ?? '');

describe('the template as it is', () => {
  it('brings the notice to the instance', { timeout: 60_000 }, async () => {
    const { outcome, problems, apiCalls, stages, noticeToCommandMs, commandToStageMs } = await run(template);
    expect({ outcome, problems }).toEqual({ outcome: 'graceful', problems: [] });
    expect(apiCalls.filter(({ allowed }) => !allowed)).toEqual([]);
    const calls = apiCalls.filter(({ by }) => by === 'respond');
    expect(calls.map(({ service, action }) => `${service}:${action}`).toSorted()).toEqual([
      'ec2:DescribeInstances',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:SendMessageBatch',
      'ssm:SendCommand',
    ]);
    expect(stages.map(({ name, exit }) => [name, exit])).toEqual(
      ['drain', 'save', 'clean', 'report'].map((name) => [name, 0]),
    );
    expect(noticeToCommandMs).toBeGreaterThan(0);
    expect(commandToStageMs).toBeGreaterThan(0);
  });
});

describe.concurrent('a template', () => {
  const broken: {
    name: string;
    change: () => Template;
    problem?: RegExp;
    event?: RegExp;
    denied?: string;
  }[] = [
    {
      name: 'whose role may not write the log',
      change: () => withoutStatement('logs:PutLogEvents'),
      problem: /may not .* the log is lost/,
    },
    {
      name: 'whose rule is of another account',
      change: () =>
        altered(template, 'AWS::Events::Rule', (p) => ({
          ...p,
          EventPattern: { account: ['210987654321'] },
        })),
      event: /no rule matches/,
    },
    {
      name: 'without the permission to invoke',
      change: () => altered(template, 'AWS::Lambda::Permission', () => undefined),
      problem: /may not invoke/,
      event: /the event goes to .*NO_PERMISSIONS/,
    },
    {
      name: 'without the permission to invoke and to queue',
      change: () =>
        altered(
          altered(template, 'AWS::Lambda::Permission', () => undefined),
          'AWS::SQS::QueuePolicy',
          () => undefined,
        ),
      problem: /may not send to .* the event is lost/,
    },
    {
      name: 'whose function reaches beyond loopback',
      change: () => withVariables({ NODE_OPTIONS: callingOut }),
      problem: /expected loopback hosts only.*192\.0\.2\.7/,
    },
  ];
  it.each(broken)(
    '$name protects nobody',
    { timeout: 60_000 },
    async ({ change, problem, event, denied }) => {
      const { outcome, problems, events, apiCalls, asExpected } = await run(
        change(),
        [],
        {},
        aside(problem) ? undefined : IN_VAIN,
      );
      expect(asExpected).toBe(false);
      // The log's own permission and a call elsewhere are no part of the way, and from the overflow queue the command
      // goes out all the same.
      expect(['unprotected', ...(aside(problem) ? ['graceful'] : [])]).toContain(outcome);
      if (problem) expect(problems.join('\n')).toMatch(problem);
      if (event) expect(events.map(({ what }) => what).join('\n')).toMatch(event);
      if (denied) expect(apiCalls.find(({ action }) => action === denied)).toMatchObject({ allowed: false });
    },
  );

  it('without a failure destination loses the event, and the rehearsal says so', {
    timeout: 60_000,
  }, async () => {
    const changed = altered(
      template,
      'AWS::Lambda::EventInvokeConfig',
      ({ DestinationConfig, ...others }) => others,
    );
    const { problems } = await run(
      changed,
      [],
      { agent: { registersAfter: Number.POSITIVE_INFINITY } },
      IN_VAIN,
    );
    expect(problems.join('\n')).toMatch(/has no failure destination: the event is lost/);
  });

  it('whose function runs over its timeout hands the event on', { timeout: 60_000 }, async () => {
    const changed = altered(template, 'AWS::Lambda::Function', (properties) => ({
      ...properties,
      Timeout: 1,
    }));
    const { events } = await run(
      changed,
      [{ service: 'ssm', action: 'SendCommand', kind: 'hang' }],
      {},
      IN_VAIN,
    );
    expect(events.map(({ what }) => what).join('\n')).toMatch(
      /the event goes to .*(timed out after 1\.00 seconds|command not sent)/,
    );
  });

  const refused: { name: string; change: () => Template; message: RegExp }[] = [
    {
      name: 'a managed policy',
      change: () => altered(template, 'AWS::IAM::Role', (p) => ({ ...p, ManagedPolicyArns: ['x'] })),
      message: /managed policies, which the rehearsal cannot judge/,
    },
    {
      name: 'a role that Lambda may not take on',
      change: () =>
        altered(template, 'AWS::IAM::Role', (p) => ({
          ...p,
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } },
            ],
          },
        })),
      message: /does not trust lambda/,
    },
    {
      name: 'an input transformer',
      change: () =>
        altered(template, 'AWS::Events::Rule', (p) => ({
          ...p,
          Targets: [{ Arn: 'x', InputTransformer: {} }],
        })),
      message: /does not support the target's InputTransformer/,
    },
    {
      name: 'an intrinsic that is not known',
      change: () => withVariables({ X: { 'Fn::ImportValue': 'x' } }),
      message: /does not support the intrinsic function Fn::ImportValue/,
    },
  ];
  it.each(refused)('with $name is refused', async ({ change, message }) => {
    await expect(run(change())).rejects.toThrow(message);
  });
});
