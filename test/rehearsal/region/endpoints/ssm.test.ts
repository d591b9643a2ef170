// The local SSM as the real SDK sees it.
import {
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  type SendCommandCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { account, guarded, instances, type LocalAws, openLocalAws, untagged } from './local-aws.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await openLocalAws();
});

describe('SSM', () => {
  const ssm = () => new SSMClient(aws.config);
  const base: SendCommandCommandInput = {
    DocumentName: 'Shutdown',
    InstanceIds: [guarded],
    Parameters: { Notices: ['abc'] },
    TimeoutSeconds: 30,
  };
  const send = (more: Partial<SendCommandCommandInput> = {}) =>
    ssm().send(new SendCommandCommand({ ...base, ...more }));

  it('takes a command, and tells each finished step', async () => {
    const { Command } = await send({ Comment: 'event 1' });
    const CommandId = Command?.CommandId ?? '';
    const invocation = aws.commands.find(CommandId, guarded);
    expect(invocation?.command.parameters).toEqual({ Notices: 'abc', More: 'x' });
    invocation?.steps.push({
      name: 'accept',
      status: 'Success',
      exit: 0,
      started: 1_000,
      ended: 2_000,
      stdout: 'y'.repeat(3_000),
      stderr: '',
    });
    const step = await ssm().send(
      new GetCommandInvocationCommand({ CommandId, InstanceId: guarded, PluginName: 'accept' }),
    );
    expect(step).toMatchObject({ Status: 'Success', ResponseCode: 0 });
    expect(step.StandardOutputContent).toHaveLength(3_000);
    const listed = await ssm().send(new ListCommandInvocationsCommand({ CommandId, Details: true }));
    const [plugin] = listed.CommandInvocations?.[0]?.CommandPlugins ?? [];
    expect(plugin?.Output).toHaveLength(2_500);
    expect(plugin?.ResponseFinishDateTime).toEqual(new Date(2_000));
  });

  const refusals: {
    name: string;
    more: Partial<SendCommandCommandInput>;
    error: string;
    message?: RegExp;
  }[] = [
    { name: 'a document that does not exist', more: { DocumentName: 'Nothing' }, error: 'InvalidDocument' },
    {
      name: 'a version that does not exist',
      more: { DocumentVersion: '2' },
      error: 'InvalidDocumentVersion',
    },
    {
      name: 'an unknown parameter',
      more: { Parameters: { Notices: ['abc'], Other: ['x'] } },
      error: 'InvalidParameters',
    },
    { name: 'a missing parameter', more: { Parameters: {} }, error: 'InvalidParameters' },
    {
      name: 'a value against the pattern',
      more: { Parameters: { Notices: ['ab; c'] } },
      error: 'InvalidParameters',
    },
    {
      name: 'a value that is too short',
      more: { Parameters: { Notices: ['a'] } },
      error: 'InvalidParameters',
    },
    {
      name: 'a value that is too long',
      more: { Parameters: { Notices: ['abcdefghijk'] } },
      error: 'InvalidParameters',
    },
    {
      name: 'two values for one string',
      more: { Parameters: { Notices: ['abc', 'def'] } },
      error: 'InvalidParameters',
    },
    {
      name: 'more than 64 KB',
      more: { Parameters: { Notices: ['a'.repeat(66_000)] } },
      error: 'MaxDocumentSizeExceeded',
    },
    { name: 'a timeout below 30 s', more: { TimeoutSeconds: 29 }, error: 'ValidationException' },
    {
      name: 'a comment beyond 100 characters',
      more: { Comment: 'x'.repeat(101) },
      error: 'ValidationException',
    },
    {
      name: 'the same instance twice',
      more: { InstanceIds: [guarded, guarded] },
      error: 'DuplicateInstanceId',
    },
  ];
  it.each(refusals)('refuses $name', async ({ more, error }) => {
    await expect(send(more)).rejects.toMatchObject({ name: error });
  });

  it('denies an instance whose tags the role does not cover, the others in the call with it', async () => {
    await expect(send({ InstanceIds: [guarded, untagged] })).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    expect(aws.calls.at(-1)).toMatchObject({ service: 'ssm', action: 'SendCommand', allowed: false });
  });

  it('names the ids that no agent has registered', async () => {
    const stranger = instances[2];
    if (stranger) Object.assign(stranger, { tags: { 'spot-guard': 'enabled' } });
    await expect(send({ InstanceIds: [guarded, stranger?.id ?? ''] })).rejects.toMatchObject({
      name: 'InvalidInstanceId',
      message: `Instances [[${stranger?.id}]] not in a valid state for account ${account}`,
    });
  });

  it('plays planted faults in the real shapes, as often as planted', async () => {
    aws.faults.push({ service: 'ssm', action: 'SendCommand', kind: 'throttle', first: 1 });
    await expect(send()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
    await expect(send()).resolves.toBeDefined();
    aws.faults.push({ service: 'ssm', action: 'SendCommand', kind: 'error', first: 1 });
    await expect(send()).rejects.toMatchObject({
      name: 'InternalServerError',
      $metadata: { httpStatusCode: 500 },
    });
    aws.faults.push({ service: 'ssm', action: 'SendCommand', kind: 'reset', first: 1 });
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' });
    aws.faults.push({ service: 'ssm', action: 'SendCommand', kind: 'hang', first: 1 });
    await expect(
      ssm().send(new SendCommandCommand(base), { abortSignal: AbortSignal.timeout(300) }),
    ).rejects.toMatchObject({ name: 'AbortError' });
  });
});
