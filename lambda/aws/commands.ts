// ssm:SendCommand. Output to S3 and CloudWatch stays off: where their endpoints cannot be reached, the agent delays
// the start by minutes.
import { SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { NOTICES_PARAMETER } from '../../contract/document.ts';
import type { Command } from '../domain/command.ts';
import { CallFailed } from '../ports.ts';
import { callUntil } from './retry.ts';

export async function sendCommand(
  ssm: SSMClient,
  document: string,
  command: Command,
  untilMs: number,
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
  const answer = await callUntil('SendCommand', untilMs, (requestTimeout) =>
    ssm.send(request, { requestTimeout }),
  );
  const commandId = answer.Command?.CommandId;
  if (commandId === undefined) throw new CallFailed('SendCommand', 'NoCommandId');
  return commandId;
}
