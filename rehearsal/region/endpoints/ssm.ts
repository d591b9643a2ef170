// Systems Manager as far as a command needs it. SendCommand refuses what AWS refuses: a stand-in that takes
// anything would hide the faults that matter in two minutes.

import { isObject, type Json, type JsonObject } from '../../template/template.ts';
import type { Command, Commands, Invocation } from '../commands.ts';
import type { CommandDocument } from '../document.ts';
import { jsonProtocol, type Service, ServiceFault, type Touched } from './service.ts';

export interface SsmWorld {
  readonly account: string;
  /** `arn:PARTITION:ssm:REGION:ACCOUNT:` and the same for ec2. */
  readonly arnPrefix: (service: 'ssm' | 'ec2') => string;
  readonly documents: ReadonlyMap<string, CommandDocument>;
  readonly commands: Commands;
  readonly isRegistered: (instanceId: string) => boolean;
  readonly tags: (instanceId: string) => Readonly<Record<string, string>>;
}

/** botocore, ssm.SendCommand: InstanceIds, Comment, TimeoutSeconds, document and parameters together. */
const LIMITS = { instances: 50, comment: 100, minTimeout: 30, maxTimeout: 2_592_000, bytes: 65_536 };
const INSTANCE_ID = /^(i-(\w{8}|\w{17})|mi-\w{17})$/;
const KNOWN = new Set(
  'InstanceIds Targets DocumentName DocumentVersion DocumentHash DocumentHashType TimeoutSeconds Comment Parameters OutputS3Region OutputS3BucketName OutputS3KeyPrefix MaxConcurrency MaxErrors ServiceRoleArn NotificationConfig CloudWatchOutputConfig AlarmConfiguration'.split(
    ' ',
  ),
);
const protocol = jsonProtocol('1.1');
const strings = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(String) : []);

export function ssmService(world: SsmWorld): Service {
  return {
    name: 'ssm',
    denied: { code: 'AccessDeniedException', status: 400 },
    throttled: { code: 'ThrottlingException', status: 400, message: 'Rate exceeded' },
    read: protocol.read,
    refuse: protocol.refuse,
    touches: ({ action, input }) =>
      action === 'SendCommand' ? touchedBySend(world, input) : [{ resource: '*' }],
    async answer({ action, input }) {
      if (action === 'SendCommand') return protocol.ok({ Command: describe(sendCommand(world, input)) });
      if (action === 'GetCommandInvocation') return protocol.ok(getInvocation(world, input));
      if (action === 'ListCommandInvocations') return protocol.ok(listInvocations(world, input));
      throw new ServiceFault('UnknownOperationException', `no operation ${action} here`);
    },
  };
}

/** The document and each instance, an instance with its EC2 tags (service authorization reference). */
function touchedBySend({ arnPrefix, tags }: SsmWorld, input: JsonObject): Touched[] {
  const name = String(input.DocumentName ?? '');
  const document = name.startsWith('arn:') ? name : `${arnPrefix('ssm')}document/${name}`;
  const instances = strings(input.InstanceIds).map((id) => {
    const own = Object.entries(tags(id));
    const context = Object.fromEntries([
      ...own.map(([key, value]) => [`ssm:resourceTag/${key}`, value]),
      ...own.map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
    ]);
    return { resource: `${arnPrefix('ec2')}instance/${id}`, context };
  });
  return [{ resource: document }, ...instances];
}

function sendCommand(world: SsmWorld, input: JsonObject): Command {
  const unknown = Object.keys(input).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) throw new ServiceFault('ValidationException', `unknown member ${unknown}`);
  if (input.Targets !== undefined)
    throw new ServiceFault('ValidationException', 'Targets are not supported here');
  const name =
    String(input.DocumentName ?? '')
      .split('document/')
      .at(-1) ?? '';
  const document = world.documents.get(name);
  if (!document) throw new ServiceFault('InvalidDocument', `Document with name ${name} does not exist.`);
  const version = input.DocumentVersion ?? '$DEFAULT';
  if (!['$DEFAULT', '$LATEST', '1'].includes(String(version))) {
    throw new ServiceFault('InvalidDocumentVersion', `version ${version} of ${name} does not exist`);
  }
  const timeoutSeconds = Number(input.TimeoutSeconds ?? 3600);
  if (
    !Number.isInteger(timeoutSeconds) ||
    timeoutSeconds < LIMITS.minTimeout ||
    timeoutSeconds > LIMITS.maxTimeout
  ) {
    throw invalid('timeoutSeconds', input.TimeoutSeconds, `at least ${LIMITS.minTimeout}`);
  }
  const comment = String(input.Comment ?? '');
  if (comment.length > LIMITS.comment)
    throw invalid('comment', comment, `at most ${LIMITS.comment} characters`);
  const parameters = checkParameters(document, input.Parameters ?? {});
  return checkedSend(world, {
    document,
    parameters,
    comment,
    timeoutSeconds,
    instanceIds: instanceIds(world, input),
  });
}

function checkedSend(world: SsmWorld, parts: Omit<Command, 'id' | 'receivedMs'>): Command {
  const command: Command = { ...parts, id: crypto.randomUUID(), receivedMs: Date.now() };
  world.commands.send(command);
  return command;
}

function instanceIds({ account, isRegistered }: SsmWorld, input: JsonObject): string[] {
  const ids = strings(input.InstanceIds);
  if (ids.length === 0 || ids.length > LIMITS.instances) {
    throw invalid('instanceIds', ids.length, `1 to ${LIMITS.instances} items`);
  }
  const malformed = ids.find((id) => !INSTANCE_ID.test(id));
  if (malformed !== undefined) throw invalid('instanceIds', malformed, String(INSTANCE_ID));
  if (new Set(ids).size < ids.length) throw new ServiceFault('DuplicateInstanceId', 'duplicate instance ids');
  const absent = ids.filter((id) => !isRegistered(id));
  if (absent.length > 0) {
    throw new ServiceFault(
      'InvalidInstanceId',
      `Instances [[${absent.join(', ')}]] not in a valid state for account ${account}`,
    );
  }
  return ids;
}

function checkParameters(document: CommandDocument, given: Json): Record<string, string> {
  if (!isObject(given)) throw new ServiceFault('InvalidParameters', 'Parameters must be a map');
  const size = document.size + JSON.stringify(given).length;
  if (size > LIMITS.bytes) {
    throw new ServiceFault(
      'MaxDocumentSizeExceeded',
      `document and parameters have ${size} of ${LIMITS.bytes} bytes`,
    );
  }
  for (const name of Object.keys(given)) {
    if (!(name in document.parameters)) {
      throw new ServiceFault('InvalidParameters', `${name} is not a parameter of document ${document.name}.`);
    }
  }
  const values: Record<string, string> = {};
  for (const [name, { fallback, allowedPattern, minChars, maxChars }] of Object.entries(
    document.parameters,
  )) {
    const list = given[name];
    if (list !== undefined && (!Array.isArray(list) || list.length !== 1)) {
      throw new ServiceFault('InvalidParameters', `parameter ${name} of type String takes a list of one`);
    }
    const value = Array.isArray(list) ? String(list[0]) : fallback;
    if (value === undefined) throw new ServiceFault('InvalidParameters', `parameter ${name} is required`);
    const fits =
      (allowedPattern === undefined || new RegExp(`^(?:${allowedPattern})$`).test(value)) &&
      value.length >= (minChars ?? 0) &&
      value.length <= (maxChars ?? Number.POSITIVE_INFINITY);
    if (!fits)
      throw new ServiceFault('InvalidParameters', `parameter ${name} does not match its document's rules`);
    values[name] = value;
  }
  return values;
}

function invalid(member: string, got: unknown, allowed: string): ServiceFault {
  return new ServiceFault(
    'ValidationException',
    `1 validation error detected: Value '${JSON.stringify(got)}' at '${member}' failed to satisfy constraint: ${allowed}`,
  );
}

function describe({
  id,
  document,
  comment,
  receivedMs,
  instanceIds: ids,
  timeoutSeconds,
  parameters,
}: Command) {
  return {
    CommandId: id,
    DocumentName: document.name,
    Comment: comment,
    RequestedDateTime: receivedMs / 1000,
    ExpiresAfter: receivedMs / 1000 + timeoutSeconds,
    Parameters: Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, [value]])),
    InstanceIds: ids,
    Status: 'Pending',
    StatusDetails: 'Pending',
    TargetCount: ids.length,
    TimeoutSeconds: timeoutSeconds,
  };
}

function getInvocation({ commands }: SsmWorld, input: JsonObject) {
  const invocation = commands.find(String(input.CommandId), String(input.InstanceId));
  if (!invocation) throw new ServiceFault('InvocationDoesNotExist', '');
  const { command, steps, status } = invocation;
  if (input.PluginName === undefined && command.document.steps.length > 1) {
    throw new ServiceFault('ValidationException', 'PluginName is required for a document of several steps');
  }
  const name = String(input.PluginName ?? command.document.steps[0]?.name);
  if (!command.document.steps.some((step) => step.name === name))
    throw new ServiceFault('InvalidPluginName', name);
  const step = steps.find((one) => one.name === name);
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    DocumentName: command.document.name,
    PluginName: name,
    ResponseCode: step?.exit ?? -1,
    Status: step?.status ?? (status === 'Pending' ? 'Pending' : 'InProgress'),
    StatusDetails: step?.status ?? status,
    StandardOutputContent: step?.stdout ?? '',
    StandardErrorContent: step?.stderr.slice(0, 8_000) ?? '',
  };
}

function listInvocations({ commands }: SsmWorld, input: JsonObject) {
  const chosen = commands.invocations.filter(
    ({ command, instanceId }) =>
      (input.CommandId === undefined || command.id === input.CommandId) &&
      (input.InstanceId === undefined || instanceId === input.InstanceId),
  );
  return { CommandInvocations: chosen.map((invocation) => listed(invocation, input.Details === true)) };
}

/** SSM keeps 2,500 characters of a step's output here. */
function listed({ command, instanceId, status, steps }: Invocation, details: boolean) {
  return {
    CommandId: command.id,
    InstanceId: instanceId,
    Comment: command.comment,
    DocumentName: command.document.name,
    RequestedDateTime: command.receivedMs / 1000,
    Status: status,
    StatusDetails: status,
    CommandPlugins: details
      ? steps.map((step) => ({
          Name: step.name,
          Status: step.status,
          StatusDetails: step.status,
          ResponseCode: step.exit,
          ResponseStartDateTime: step.started / 1000,
          ResponseFinishDateTime: step.ended / 1000,
          Output: step.stdout.slice(0, 2_500),
        }))
      : [],
  };
}
