// What is tried again and what it is called in the end: the SDK's real clients against answers of every bad kind.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newEc2Client, newSsmClient } from '../../../lambda/aws/clients.ts';
import { sendCommand } from '../../../lambda/aws/commands.ts';
import { describeInstances } from '../../../lambda/aws/instances.ts';
import { callUntil } from '../../../lambda/aws/retry.ts';
import { CallFailed } from '../../../lambda/ports.ts';
import {
  type Answer,
  type AwsEndpoint,
  commandTaken,
  described,
  ec2Fault,
  ssmFault,
  startAwsEndpoint,
} from '../aws-endpoint.ts';
import { instanceIdOf, REGION } from '../events.ts';

const INSTANCE_ID = instanceIdOf(1);
const COMMAND = { instanceIds: [INSTANCE_ID], notices: 'e30', timeoutSeconds: 120, comment: 'spot-guard' };
const FOUND = described([[{ instanceId: INSTANCE_ID, state: 'running', tags: {} }]]);
const WEB_PAGE = '<html><body>Please sign in</body></html>';

let aws: AwsEndpoint;
beforeAll(async () => {
  aws = await startAwsEndpoint();
});
afterAll(() => aws.close());
beforeEach(() => aws.reset());

const place = () => ({
  endpoint: aws.url,
  region: REGION,
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
});
const describeIt = (ms: number) => describeInstances(newEc2Client(place()), [INSTANCE_ID], Date.now() + ms);
const send = (ms: number) => sendCommand(newSsmClient(place()), 'Document', COMMAND, Date.now() + ms);
const reasonOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error) => (error instanceof CallFailed ? error.reason : String(error)),
  );
const answered = (body: string, status = 200): Answer => ({ status, body });

describe('an answer whose body never ends', () => {
  it('is given up while there is time, and asked for again', async () => {
    aws.answers('ec2', 'stall', FOUND);
    aws.answers('ssm', 'stall', commandTaken('command-1'));
    const [instances, commandId] = await Promise.all([describeIt(8_000), send(8_000)]);
    expect(instances).toMatchObject([{ instanceId: INSTANCE_ID }]);
    expect(commandId).toBe('command-1');
    expect(aws.calls).toHaveLength(4);
  });

  it('is a TimeoutError where it is the last, when the time is over', async () => {
    aws.answers('ec2', 'stall');
    aws.answers('ssm', 'stall');
    const startMs = Date.now();
    expect(await Promise.all([reasonOf(describeIt(700)), reasonOf(send(700))])).toEqual([
      'TimeoutError',
      'TimeoutError',
    ]);
    expect(Date.now() - startMs).toBeLessThan(1_500);
  });
});

describe('a last attempt that is cut short', () => {
  it('does not hide what the one before it was told', async () => {
    aws.answers('ssm', ssmFault('ThrottlingException'), 'hang');
    expect(await reasonOf(send(1_200))).toBe('ThrottlingException');
    expect(aws.calls).toHaveLength(2);
  });
});

describe('an answer of success that cannot be read', () => {
  it.each([
    ['nothing but text', 'Please sign in'],
    ['cut short', '<DescribeInstancesResponse><reservationSet><item><instan'],
    ['of tags that do not match', '<DescribeInstancesResponse><reservationSet></DescribeInstancesResponse>'],
  ])('from EC2 is asked for again: %s', async (_name, body) => {
    aws.answers('ec2', answered(body), FOUND);
    expect(await describeIt(5_000)).toMatchObject([{ instanceId: INSTANCE_ID }]);
    expect(aws.calls).toHaveLength(2);
  });

  it.each([
    ['a web page', WEB_PAGE],
    ['cut short', '{"Command":{"CommandId":"comm'],
  ])('from SSM is asked for again: %s', async (_name, body) => {
    aws.answers('ssm', answered(body), commandTaken('command-1'));
    expect(await send(5_000)).toBe('command-1');
    expect(aws.calls).toHaveLength(2);
  });

  it('is called so where there is never another', async () => {
    aws.answers('ec2', answered('Please sign in'));
    aws.answers('ssm', answered(WEB_PAGE));
    const reasons = await Promise.all([reasonOf(describeIt(1_500)), reasonOf(send(1_500))]);
    expect(reasons).toEqual(['UnreadableAnswer', 'UnreadableAnswer']);
    expect(aws.calls.length).toBeGreaterThan(3);
  });
});

describe('the reason of a failure', () => {
  it.each([
    ['EC2', 'ec2', () => describeIt(3_000), (code: string) => ec2Fault(code, 400)],
    ['SSM', 'ssm', () => send(3_000), (code: string) => ssmFault(code)],
  ] as const)("is short and plain whatever %s's code is", async (_name, service, call, fault) => {
    aws.answers(service, fault('x'.repeat(1_000_000)));
    expect((await reasonOf(call())) === 'x'.repeat(64)).toBe(true);
    aws.answers(service, fault('InvalidInstanceID.NotFound'));
    expect(await reasonOf(call())).toBe('InvalidInstanceID.NotFound');
    aws.answers(service, fault('a\\u001b[31mb{"c'.replace(service === 'ssm' ? /"/ : /\\u001b/, '')));
    expect(await reasonOf(call())).toMatch(/^[\w.]+$/);
    aws.answers(service, fault('é!'));
    expect(await reasonOf(call())).toMatch(/^[\w.]+$/);
  });

  it.each([
    ['an empty code', { __type: '' }],
    ['a code that is a list', { __type: ['Throttling'] }],
    ['no code', {}],
  ])('is there for %s', async (_name, body) => {
    aws.answers('ssm', answered(JSON.stringify(body), 400));
    expect(await reasonOf(send(3_000))).toMatch(/^[\w.]{1,64}$/);
  });
});

describe('a call', () => {
  it.each([
    ['throttled', ec2Fault('RequestLimitExceeded', 503)],
    ['refused for a fault of the service', ec2Fault('InternalError', 500)],
    ['cut off', 'reset'],
    ['cut off within the answer', 'tear'],
    ['never answered', 'hang'],
  ] as const)('that is %s is made again', async (_name, answer) => {
    aws.answers('ec2', answer, FOUND);
    expect(await describeIt(8_000)).toHaveLength(1);
    expect(aws.calls).toHaveLength(2);
  });

  it.each([
    ['ETIMEDOUT', true],
    ['CERT_HAS_EXPIRED', false],
  ])('that fails on its way with %s is called so', async (code, again) => {
    let made = 0;
    const call = callUntil('DescribeInstances', Date.now() + 900, () => {
      made += 1;
      return Promise.reject(Object.assign(new Error('no'), { code }));
    });
    expect(await reasonOf(call)).toBe(code);
    expect(made > 1).toBe(again);
  });

  it('that is refused for good is not', async () => {
    aws.answers('ec2', ec2Fault('UnauthorizedOperation', 403));
    expect(await reasonOf(describeIt(5_000))).toBe('UnauthorizedOperation');
    expect(aws.calls).toHaveLength(1);
  });

  it('for which there is no time is not made', async () => {
    expect(await reasonOf(describeIt(0))).toBe('NoTimeLeft');
    expect(aws.calls).toEqual([]);
  });

  it('is made no more when there is no time for an answer', async () => {
    aws.answers('ssm', ssmFault('ThrottlingException'));
    const startMs = Date.now();
    expect(await reasonOf(send(1_200))).toBe('ThrottlingException');
    expect(Date.now() - startMs).toBeLessThan(1_200);
  });
});
