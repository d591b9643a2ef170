// ssm:ListCommandInvocations with details: one call tells of all commands on an instance, step by step.
import {
  type CommandPlugin,
  ListCommandInvocationsCommand,
  type CommandInvocation as Listed,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import type { Invocation, Step } from '../domain/evidence.ts';
import { callUntil } from './retry.ts';

/** ListCommandInvocations gives no more at once. */
const PAGE = 50;
const CALL = 'ListCommandInvocations';

/**
 * Of the documents named, sent since then (epoch milliseconds, to the second below). Others run commands on the
 * instance too: theirs are no proof.
 */
export async function commandsOn(
  ssm: SSMClient,
  instanceId: string,
  documents: readonly string[],
  sinceMs: number,
  untilMs: number,
): Promise<Invocation[]> {
  const since = `${new Date(sinceMs).toISOString().slice(0, 19)}Z`;
  const found: Invocation[] = [];
  let token: string | undefined;
  do {
    const page = new ListCommandInvocationsCommand({
      InstanceId: instanceId,
      Details: true,
      MaxResults: PAGE,
      Filters: [{ key: 'InvokedAfter', value: since }],
      ...(token === undefined ? {} : { NextToken: token }),
    });
    const answer = await callUntil(CALL, untilMs, (requestTimeout) => ssm.send(page, { requestTimeout }));
    found.push(...(answer.CommandInvocations ?? []).flatMap((listed) => toInvocation(listed, documents)));
    token = answer.NextToken === '' ? undefined : answer.NextToken;
  } while (token !== undefined);
  return found;
}

function toInvocation(
  { CommandId, DocumentName, RequestedDateTime, Status, CommandPlugins }: Listed,
  documents: readonly string[],
): Invocation[] {
  if (CommandId === undefined || DocumentName === undefined || !documents.includes(DocumentName)) return [];
  const requestedMs = RequestedDateTime?.getTime() ?? 0;
  return [
    { commandId: CommandId, requestedMs, status: Status ?? '', steps: (CommandPlugins ?? []).map(toStep) },
  ];
}

function toStep({
  Name,
  Status,
  ResponseCode,
  ResponseStartDateTime,
  ResponseFinishDateTime,
  Output,
}: CommandPlugin): Step {
  return {
    name: Name ?? '',
    status: Status ?? '',
    exit: ResponseCode ?? -1,
    startedMs: ResponseStartDateTime?.getTime(),
    endedMs: ResponseFinishDateTime?.getTime(),
    output: Output ?? '',
  };
}
