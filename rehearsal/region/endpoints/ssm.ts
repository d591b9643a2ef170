// Systems Manager as far as a command needs it: it takes commands, and tells how each step ended.

import type { JsonObject } from '../../template/template.ts';
import type { Command } from '../commands.ts';
import { listInvocations, stepDetails, tell } from './list-invocations.ts';
import { checkInstanceId, type SsmWorld, sendCommand } from './send-command.ts';
import { jsonProtocol, type Service, ServiceFault, strings, type Touched } from './service.ts';

const protocol = jsonProtocol({ version: '1.1', message: 'Message' });

export function ssmService(world: SsmWorld): Service {
  return {
    name: 'ssm',
    denied: { code: 'AccessDeniedException', status: 400 },
    throttled: { code: 'ThrottlingException', status: 400, message: 'Rate exceeded' },
    broken: 'InternalServerError',
    read: protocol.read,
    refuse: protocol.refuse,
    touches: ({ action, input }) =>
      action === 'SendCommand' ? touchedBySend(world, input) : [{ resource: '*' }],
    async answer({ action, input }) {
      if (action === 'SendCommand')
        return protocol.ok({ Command: describe(sendCommand(world, input), input) });
      if (action === 'GetCommandInvocation') return protocol.ok(getInvocation(world, input));
      if (action === 'ListCommandInvocations') return protocol.ok(listInvocations(world, input));
      throw new ServiceFault('UnknownOperationException', `no operation ${action} here`);
    },
  };
}

/** Tag keys that the evaluator takes; of others no policy here speaks. */
const NAMED_BY_POLICIES = /^[\w .:/=+@-]+$/;

/** The document and each instance, an instance with its EC2 tags (service authorization reference). */
function touchedBySend({ arnPrefix, tags }: SsmWorld, input: JsonObject): Touched[] {
  const name = String(input.DocumentName ?? '');
  const document = name.startsWith('arn:') ? name : `${arnPrefix('ssm')}document/${name}`;
  const instances = strings(input.InstanceIds).map((id) => {
    const own = Object.entries(tags(id)).filter(([key]) => NAMED_BY_POLICIES.test(key));
    const context = Object.fromEntries([
      ...own.map(([key, value]) => [`ssm:resourceTag/${key}`, value]),
      ...own.map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
    ]);
    return { resource: `${arnPrefix('ec2')}instance/${id}`, context };
  });
  return [{ resource: document }, ...instances];
}

function describe(
  { id, document, comment, receivedMs, instanceIds: ids, timeoutSeconds }: Command,
  { Parameters = {}, MaxConcurrency = '50', MaxErrors = '0' }: JsonObject,
) {
  return {
    CommandId: id,
    DocumentName: document.name,
    Comment: comment,
    RequestedDateTime: receivedMs / 1000,
    ExpiresAfter: receivedMs / 1000 + timeoutSeconds,
    Parameters,
    InstanceIds: ids,
    Status: 'Pending',
    StatusDetails: 'Pending',
    TargetCount: ids.length,
    TimeoutSeconds: timeoutSeconds,
    MaxConcurrency,
    MaxErrors,
  };
}

function getInvocation({ commands, now }: SsmWorld, input: JsonObject) {
  checkInstanceId(String(input.InstanceId));
  const invocation = commands.find(String(input.CommandId), String(input.InstanceId));
  if (!invocation) throw new ServiceFault('InvocationDoesNotExist', '');
  const { command, steps } = invocation;
  const { details } = tell(invocation, now?.() ?? Date.now());
  if (input.PluginName === undefined && command.document.steps.length > 1) {
    throw new ServiceFault('ValidationException', 'PluginName is required for a document of several steps');
  }
  const name = String(input.PluginName ?? command.document.steps[0]?.name);
  if (!command.document.steps.some((step) => step.name === name))
    throw new ServiceFault('InvalidPluginName', '');
  const step = steps.find((one) => one.name === name);
  const unfinished = ['Pending', 'DeliveryTimedOut'].includes(details) ? details : 'InProgress';
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    DocumentName: command.document.name,
    PluginName: name,
    ResponseCode: step?.exit ?? -1,
    Status: step?.status ?? (unfinished === 'DeliveryTimedOut' ? 'TimedOut' : unfinished),
    StatusDetails: step ? stepDetails(step.status) : unfinished,
    StandardOutputContent: step?.stdout ?? '',
    StandardErrorContent: step?.stderr.slice(0, 8_000) ?? '',
  };
}
