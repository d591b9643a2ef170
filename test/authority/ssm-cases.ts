// SendCommand: through the adapter, and what SSM refuses; then what it tells of a command.
import {
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  type ListCommandInvocationsCommandInput,
  ListCommandsCommand,
  SendCommandCommand,
  type SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import { NOTICES_PARAMETER, STEPS } from '../../contract/document.ts';
import { sendCommand } from '../../lambda/aws/commands.ts';
import { CALL_MS, type Case, refusal, told } from './contract.ts';
import { clientsOf, DOCUMENT, type Place } from './place.ts';

const [FIRST_STEP] = STEPS;
const UNKNOWN = '11111111-2222-3333-4444-555555555555';
const base = (place: Place): SendCommandCommandInput => ({
  DocumentName: DOCUMENT,
  InstanceIds: [place.guarded],
  Parameters: { [NOTICES_PARAMETER]: ['abc'] },
  TimeoutSeconds: 30,
  Comment: 'spot-guard: event 1',
  MaxConcurrency: '100%',
  MaxErrors: '100%',
});
const sendRaw = (place: Place, more: Partial<SendCommandCommandInput> = {}) =>
  clientsOf(place).ssm.send(new SendCommandCommand({ ...base(place), ...more }));
const sent = async (place: Place): Promise<string> => (await sendRaw(place)).Command?.CommandId ?? '';
const invocation = (place: Place, CommandId: string, PluginName: string = FIRST_STEP) =>
  clientsOf(place).ssm.send(
    new GetCommandInvocationCommand({ CommandId, InstanceId: place.guarded, PluginName }),
  );

const list = (place: Place, input: ListCommandInvocationsCommandInput) =>
  clientsOf(place).ssm.send(new ListCommandInvocationsCommand(input));

/** [name, what is asked, what AWS answers]; botocore's docstrings of ssm.SendCommand and its errors. */
const REFUSALS: readonly (readonly [string, (place: Place) => Partial<SendCommandCommandInput>, string])[] = [
  ['a document that does not exist', () => ({ DocumentName: 'Nothing' }), 'InvalidDocument 400'],
  ['a version that does not exist', () => ({ DocumentVersion: '7' }), 'InvalidDocumentVersion 400'],
  [
    'an instance without an agent',
    (place) => ({ InstanceIds: [place.unregistered] }),
    'InvalidInstanceId 400',
  ],
  ['an id that is none', () => ({ InstanceIds: ['i-none'] }), 'ValidationException 400'],
  [
    'the same instance twice',
    (place) => ({ InstanceIds: [place.guarded, place.guarded] }),
    'DuplicateInstanceId 400',
  ],
  ['51 instances', (place) => ({ InstanceIds: place.fleet.slice(0, 51) }), 'ValidationException 400'],
  ['a missing parameter', () => ({ Parameters: {} }), 'InvalidParameters 400'],
  [
    'an unknown parameter',
    () => ({ Parameters: { Notices: ['abc'], Other: ['x'] } }),
    'InvalidParameters 400',
  ],
  [
    "a value against the document's pattern",
    () => ({ Parameters: { Notices: ['a; b'] } }),
    'InvalidParameters 400',
  ],
  ['two values for one string', () => ({ Parameters: { Notices: ['abc', 'def'] } }), 'InvalidParameters 400'],
  [
    'more than 64 KB',
    () => ({ Parameters: { Notices: ['a'.repeat(66_000)] } }),
    'MaxDocumentSizeExceeded 400',
  ],
  ['a timeout of 29 s', () => ({ TimeoutSeconds: 29 }), 'ValidationException 400'],
  ['a comment of 101 characters', () => ({ Comment: 'x'.repeat(101) }), 'ValidationException 400'],
  ['MaxErrors that is no number', () => ({ MaxErrors: 'all' }), 'ValidationException 400'],
];

const LIST_REFUSALS: readonly (readonly [string, ListCommandInvocationsCommandInput, string])[] = [
  ['an id that is none', { InstanceId: 'i-none' }, 'ValidationException 400'],
  ['a page of 51', { MaxResults: 51 }, 'ValidationException 400'],
  ['no filter at all', { Filters: [] }, 'ValidationException 400'],
  [
    'a filter of ListCommands',
    { Filters: [{ key: 'ExecutionStage', value: 'Complete' }] },
    'InvalidFilterKey 400',
  ],
  ['a token that nobody gave out', { NextToken: 'nonsense' }, 'InvalidNextToken 400'],
];

export const SSM_CASES: readonly Case[] = [
  {
    name: 'sendCommand returns the id of the command',
    observe: async (place) =>
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(
        await sendCommand(
          clientsOf(place).ssm,
          DOCUMENT,
          {
            instanceIds: [place.guarded],
            notices: 'abc',
            timeoutSeconds: 119,
            comment: 'spot-guard: event 1',
          },
          Date.now() + CALL_MS,
        ),
      ),
    aws: true,
  },
  {
    name: 'SendCommand gives back what was asked for',
    async observe(place) {
      const { Command: command } = await sendRaw(place);
      const asked = Object.keys(base(place)) as (keyof SendCommandCommandInput & keyof typeof command)[];
      const told = Object.fromEntries(asked.map((key) => [key, command?.[key]]));
      const expires = (command?.ExpiresAfter?.getTime() ?? 0) > (command?.RequestedDateTime?.getTime() ?? 0);
      return { ...told, InstanceIds: command?.InstanceIds?.length, expires, targets: command?.TargetCount };
    },
    aws: {
      DocumentName: DOCUMENT,
      InstanceIds: 1,
      Parameters: { [NOTICES_PARAMETER]: ['abc'] },
      TimeoutSeconds: 30,
      Comment: 'spot-guard: event 1',
      MaxConcurrency: '100%',
      MaxErrors: '100%',
      expires: true,
      targets: 1,
    },
  },
  {
    name: 'SendCommand is pending when it returns',
    observe: async (place) => (await sendRaw(place)).Command?.Status,
    aws: 'Pending',
  },
  ...REFUSALS.map(
    ([name, more, aws]): Case => ({
      name: `SendCommand with ${name}`,
      observe: (place) => refusal(sendRaw(place, more(place))),
      aws,
    }),
  ),
  {
    name: 'SendCommand by tag',
    observe: (place) => {
      const { InstanceIds: _ids, ...rest } = base(place);
      const Targets = [{ Key: 'tag:spot-guard', Values: ['enabled'] }];
      return refusal(clientsOf(place).ssm.send(new SendCommandCommand({ ...rest, Targets })));
    },
    aws: 'accepted',
  },
  {
    name: 'GetCommandInvocation of a step that has not begun',
    observe: async (place) =>
      told(invocation(place, await sent(place)), ({ Status, ResponseCode }) => ({ Status, ResponseCode })),
    aws: { Status: 'Pending', ResponseCode: -1 },
  },
  {
    name: 'GetCommandInvocation of a step that has ended',
    async observe(place) {
      const id = await sent(place);
      place.finishFirstStep(id);
      return told(invocation(place, id), ({ Status, ResponseCode, DocumentName }) => ({
        Status,
        ResponseCode,
        DocumentName,
      }));
    },
    aws: { Status: 'Success', ResponseCode: 0, DocumentName: DOCUMENT },
  },
  {
    name: 'GetCommandInvocation of a command that does not exist',
    observe: (place) => refusal(invocation(place, UNKNOWN)),
    aws: 'InvocationDoesNotExist 400',
  },
  {
    name: 'GetCommandInvocation of a step that does not exist',
    observe: async (place) => refusal(invocation(place, await sent(place), 'nothing')),
    aws: 'InvalidPluginName 400',
  },
  {
    name: 'ListCommandInvocations tells the steps that have ended',
    async observe(place) {
      const CommandId = await sent(place);
      place.finishFirstStep(CommandId);
      const list = new ListCommandInvocationsCommand({ CommandId, Details: true });
      return told(clientsOf(place).ssm.send(list), ({ CommandInvocations }) =>
        CommandInvocations?.map(({ CommandPlugins = [] }) =>
          CommandPlugins.map(({ Name, Status, Output }) => ({ Name, Status, Output })),
        ),
      );
    },
    aws: [[{ Name: FIRST_STEP, Status: 'Success', Output: 'on' }]],
  },
  {
    name: 'ListCommandInvocations by moment, status and document, a page at a time',
    async observe(place) {
      const CommandId = await sent(place);
      const Filters = [
        { key: 'InvokedAfter', value: '2026-01-01T00:00:00Z' },
        { key: 'Status', value: 'Pending' },
        { key: 'DocumentName', value: DOCUMENT },
      ] as const;
      const first = list(place, { CommandId, Filters: [...Filters], MaxResults: 1 });
      return told(first, ({ CommandInvocations }) =>
        CommandInvocations?.map(({ Status, StatusDetails }) => ({ Status, StatusDetails })),
      );
    },
    aws: [{ Status: 'Pending', StatusDetails: 'Pending' }],
  },
  ...LIST_REFUSALS.map(
    ([name, input, aws]): Case => ({
      name: `ListCommandInvocations with ${name}`,
      observe: (place) => refusal(list(place, input)),
      aws,
    }),
  ),
  {
    name: 'another action of SSM',
    observe: (place) => refusal(clientsOf(place).ssm.send(new ListCommandsCommand({}))),
    aws: 'accepted',
  },
];
