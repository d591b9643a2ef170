// ListCommandInvocations of the local SSM as the real SDK sees it, by a clock that the test plays.
import {
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  type ListCommandInvocationsCommandInput,
  paginateListCommandInvocations,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { guarded, type LocalAws, openLocalAws } from './local-aws.ts';

let aws: LocalAws;
/** In the order of sending: 0 to 5 one second apart, and what each has come to. */
const sent: string[] = [];
let beganMs: number;
const ssm = () => new SSMClient(aws.config);
const step = (name: string, status: 'Success' | 'TimedOut', exit: number) => ({
  ...{ name, status, exit, stdout: '', stderr: '', started: beganMs, ended: beganMs },
});

beforeAll(async () => {
  aws = await openLocalAws();
  beganMs = Math.ceil(aws.clock.ms / 1000) * 1000;
  for (let n = 0; n < 6; n += 1) {
    aws.clock.ms = beganMs + n * 1000;
    const { Command } = await ssm().send(
      new SendCommandCommand({
        DocumentName: 'Shutdown',
        InstanceIds: [guarded],
        Parameters: { Notices: ['abc'] },
        // The first alone is not delivered in time.
        TimeoutSeconds: n === 0 ? 30 : 600,
      }),
    );
    sent.push(Command?.CommandId ?? '');
  }
  aws.clock.ms = beganMs + 31_000;
  const [, , killed, done] = sent.map((id) => aws.commands.find(id, guarded));
  killed?.steps.push(step('accept', 'Success', 0), step('drain', 'TimedOut', 137));
  done?.steps.push(step('accept', 'Success', 0), step('drain', 'Success', 0));
  if (killed) killed.status = 'TimedOut';
  if (done) done.status = 'Success';
});

const list = (input: ListCommandInvocationsCommandInput) =>
  ssm().send(new ListCommandInvocationsCommand(input));
const at = (n: number, ms = 0) => new Date(beganMs + n * 1000 + ms).toISOString();
/** Which of the commands the filters leave. */
async function left(...filters: [string, string][]): Promise<number[]> {
  const { CommandInvocations = [] } = await list({
    Filters: filters.map(([key, value]) => ({ key: key as 'Status', value })),
  });
  return CommandInvocations.map(({ CommandId = '' }) => sent.indexOf(CommandId));
}

describe('ListCommandInvocations', () => {
  it('tells by which of its times a command is out', async () => {
    const { CommandInvocations = [] } = await list({ Details: true });
    expect(CommandInvocations.slice(0, 4).map((one) => [one.Status, one.StatusDetails])).toEqual([
      ['TimedOut', 'DeliveryTimedOut'],
      ['Pending', 'Pending'],
      ['TimedOut', 'ExecutionTimedOut'],
      ['Success', 'Success'],
    ]);
    const plugins = CommandInvocations[2]?.CommandPlugins ?? [];
    expect(plugins.map(({ Status, StatusDetails }) => [Status, StatusDetails])).toEqual([
      ['Success', 'Success'],
      ['TimedOut', 'ExecutionTimedOut'],
    ]);
  });

  it('is at one with GetCommandInvocation on that', async () => {
    const get = async (n: number, PluginName: string) => {
      const { Status, StatusDetails } = await ssm().send(
        new GetCommandInvocationCommand({ CommandId: sent[n], InstanceId: guarded, PluginName }),
      );
      return [Status, StatusDetails];
    };
    expect(await get(0, 'accept')).toEqual(['TimedOut', 'DeliveryTimedOut']);
    expect(await get(1, 'accept')).toEqual(['Pending', 'Pending']);
    expect(await get(2, 'drain')).toEqual(['TimedOut', 'ExecutionTimedOut']);
  });

  it('leaves what all filters leave', async () => {
    expect(await left(['InvokedAfter', at(4)])).toEqual([4, 5]);
    expect(await left(['InvokedBefore', at(2)])).toEqual([0, 1]);
    expect(await left(['InvokedAfter', at(0, 1)], ['InvokedBefore', at(2, 1)])).toEqual([1, 2]);
    expect(await left(['Status', 'TimedOut'])).toEqual([0, 2]);
    expect(await left(['Status', 'DeliveryTimedOut'])).toEqual([0]);
    expect(await left(['Status', 'Pending'], ['InvokedAfter', at(5)])).toEqual([5]);
    expect(await left(['DocumentName', 'Shutdown'])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await left(['DocumentName', 'Shut'])).toEqual([]);
  });

  it('pages', async () => {
    const pages: string[][] = [];
    const pager = paginateListCommandInvocations({ client: ssm(), pageSize: 4 }, { InstanceId: guarded });
    for await (const { CommandInvocations = [] } of pager) {
      pages.push(CommandInvocations.map(({ CommandId = '' }) => CommandId));
    }
    expect(pages).toEqual([sent.slice(0, 4), sent.slice(4)]);
  });

  it('refuses filters, pages and ids that are none', async () => {
    const six = Array.from({ length: 6 }, () => ['Status', 'Pending'] as [string, string]);
    await expect(left(...six)).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(left(['InvokedAfter', 'yesterday'])).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(left(['Status', 'Done'])).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(left(['Status', ''])).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(left(['ExecutionStage', 'Complete'])).rejects.toMatchObject({ name: 'InvalidFilterKey' });
    for (const input of [{ Filters: [] }, { MaxResults: 51 }, { MaxResults: 0 }, { InstanceId: 'i-none' }]) {
      await expect(list(input), JSON.stringify(input)).rejects.toMatchObject({ name: 'ValidationException' });
    }
    for (const NextToken of ['MTA', `${Buffer.from('from:2').toString('base64url')}=`]) {
      await expect(list({ NextToken })).rejects.toMatchObject({ name: 'InvalidNextToken' });
    }
    const get = { CommandId: sent[0], InstanceId: 'i-none', PluginName: 'accept' };
    await expect(ssm().send(new GetCommandInvocationCommand(get))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});
