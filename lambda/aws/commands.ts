// ssm:SendCommand. Output to S3 and CloudWatch stays off: where their endpoints cannot be reached, the agent delays
// the start by minutes.
import { SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { NOTICES_PARAMETER } from '../../contract/document.ts';
import type { Command } from '../domain/command.ts';
import { CallFailed, SomeRefused } from '../ports.ts';
import { callUntil, type Throttled } from './retry.ts';

const CALL = 'SendCommand';
/** For one of its instances, a command goes to none of them: its agent is not registered, or its tag is not there. */
const REFUSALS = ['InvalidInstanceId', 'AccessDeniedException'];
const INSTANCE_IDS = /\bi-[0-9a-f]{8,17}\b/g;

export async function sendCommand(
  ssm: SSMClient,
  document: string,
  command: Command,
  untilMs: number,
  throttled?: Throttled,
): Promise<string> {
  const request = new SendCommandCommand({
    DocumentName: document,
    InstanceIds: [...command.instanceIds],
    Parameters: { [NOTICES_PARAMETER]: [command.notices] },
    TimeoutSeconds: command.timeoutSeconds,
    Comment: command.comment,
    MaxConcurrency: '100%',
    // The default, 0, stops the rest at the first failure.
    MaxErrors: '100%',
  });
  const answer = await callUntil(
    CALL,
    untilMs,
    (requestTimeout) => ssm.send(request, { requestTimeout }),
    throttled,
  ).catch(asRefusal);
  const commandId = answer.Command?.CommandId;
  if (commandId === undefined) throw new CallFailed(CALL, 'NoCommandId');
  return commandId;
}

function asRefusal(error: unknown): never {
  if (!(error instanceof CallFailed && REFUSALS.includes(error.reason))) throw error;
  const words = error.cause instanceof Error ? error.cause.message : '';
  // The document itself is denied: the same for every instance.
  if (words.includes(':document/')) throw error;
  throw new SomeRefused(CALL, error.reason, words.match(INSTANCE_IDS) ?? [], error);
}
