// SendCommand refuses what AWS refuses: a stand-in that takes anything would hide the faults that matter in two
// minutes.
import { isObject, type Json, type JsonObject } from '../../template/template.ts';
import type { Command, Commands } from '../commands.ts';
import type { CommandDocument } from '../document.ts';
import { ServiceFault, strings } from './service.ts';

export interface SsmWorld {
  readonly account: string;
  /** `arn:PARTITION:ssm:REGION:ACCOUNT:` and the same for ec2. */
  readonly arnPrefix: (service: 'ssm' | 'ec2') => string;
  readonly documents: ReadonlyMap<string, CommandDocument>;
  readonly commands: Commands;
  readonly isRegistered: (instanceId: string) => boolean;
  readonly tags: (instanceId: string) => Readonly<Record<string, string>>;
  /** What the service takes for the time, in epoch milliseconds; Date.now where absent. */
  readonly now?: () => number;
}

/** botocore, ssm.SendCommand: InstanceIds, Comment, TimeoutSeconds, document and parameters together. */
const LIMITS = { instances: 50, comment: 100, minTimeout: 30, maxTimeout: 2_592_000, bytes: 65_536 };
const INSTANCE_ID = /^(i-(\w{8}|\w{17})|mi-\w{17})$/;
const KNOWN = new Set(
  'InstanceIds Targets DocumentName DocumentVersion DocumentHash DocumentHashType TimeoutSeconds Comment Parameters OutputS3Region OutputS3BucketName OutputS3KeyPrefix MaxConcurrency MaxErrors ServiceRoleArn NotificationConfig CloudWatchOutputConfig AlarmConfiguration'.split(
    ' ',
  ),
);
/** botocore, ssm.SendCommand. */
const RATES = {
  MaxConcurrency: /^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$/,
  MaxErrors: /^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$/,
};

/** Throws ServiceFault for what AWS would refuse. */
export function sendCommand(world: SsmWorld, input: JsonObject): Command {
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
  for (const [member, pattern] of Object.entries(RATES)) {
    const value = input[member];
    if (value !== undefined && !pattern.test(String(value))) throw invalid(member, value, String(pattern));
  }
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
  const command: Command = { ...parts, id: crypto.randomUUID(), receivedMs: world.now?.() ?? Date.now() };
  world.commands.send(command);
  return command;
}

function instanceIds({ account, isRegistered }: SsmWorld, input: JsonObject): string[] {
  const ids = strings(input.InstanceIds);
  if (ids.length === 0 || ids.length > LIMITS.instances) {
    throw invalid('instanceIds', ids.length, `1 to ${LIMITS.instances} items`);
  }
  for (const id of ids) checkInstanceId(id);
  if (new Set(ids).size < ids.length) throw new ServiceFault('DuplicateInstanceId', '');
  const absent = ids.filter((id) => !isRegistered(id));
  if (absent.length > 0) {
    throw new ServiceFault(
      'InvalidInstanceId',
      `Instances [[${absent.join(', ')}]] not in a valid state for account ${account}`,
    );
  }
  return ids;
}

/** Every parameter of the document with its value. Throws ServiceFault where SSM would refuse what is given. */
export function checkParameters(document: CommandDocument, given: Json): Record<string, string> {
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

export function checkInstanceId(id: string): void {
  if (!INSTANCE_ID.test(id)) throw invalid('instanceId', id, String(INSTANCE_ID));
}

export function invalid(member: string, got: unknown, allowed: string): ServiceFault {
  return new ServiceFault(
    'ValidationException',
    `1 validation error detected: Value '${JSON.stringify(got)}' at '${member}' failed to satisfy constraint: ${allowed}`,
  );
}
