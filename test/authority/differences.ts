// Where a place does not do what AWS does, each with its reason. A difference that vanishes fails the run, as one that
// appears does.

import { NOTICES_PARAMETER } from '../../contract/document.ts';
import { REGION } from '../lambda/events.ts';
import { DOCUMENT, FLEET_SIZE } from './place.ts';

export interface Difference {
  readonly got: unknown;
  readonly reason: string;
}

const NOT_CALLED = 'nothing here calls it, and an answer to it would be a guess';
const ONE_STEP = "moto's commands have one step, named for its action and not for itself";
const BOTH_400 = "moto gives every fault 400; the service's Smithy model gives this one 404";
const UNCHECKED = "moto checks nothing of SendCommand's input";
const LACKS: Difference = { got: 'SyntaxError 500', reason: 'moto lacks ListCommandInvocations' };
const NO_INDEX = 'moto lacks what its index of tags needs: packages for services that nobody here asks for';
const ONE_PORT = 'moto knows a target by its id alone: the last port counts';
const UNCHECKED_GROUPS = 'moto checks nothing of it';
const taken = (reason: string): Difference => ({ got: 'accepted', reason });
const NO_INTEGRITY = taken('moto compares no digest with what it belongs to');
const unchecked: Difference = { got: 'accepted', reason: UNCHECKED };

export const DIFFERENCES: Readonly<Record<'ours' | 'moto', Readonly<Record<string, Difference>>>> = {
  ours: {
    'another action of EC2': { got: 'InvalidAction 400', reason: NOT_CALLED },
    'another action of SSM': { got: 'UnknownOperationException 400', reason: NOT_CALLED },
    'another action of what instances belong to': {
      got: ['InvalidAction 400', 'InvalidAction 400', 'UnknownOperationException 400'],
      reason: NOT_CALLED,
    },
    'another action of SQS': {
      got: 'UnsupportedOperation (AWS.SimpleQueueService.UnsupportedOperation) 400',
      reason: NOT_CALLED,
    },
    'SendCommand by tag': {
      got: 'ValidationException 400',
      reason: 'SpotGuard names its instances: a command by tag would reach those that have no notice',
    },
    'a message that was sent carries the digests of its body and attributes': {
      got: { same: true, body: '5d41402abc4b2a76b9719d911017c592', attributes: undefined },
      reason: 'no client used here checks the digest of the attributes',
    },
  },
  moto: {
    'a target group is found by its tag, to the letter': {
      got: ['SyntaxError 500', 'SyntaxError 500', 'SyntaxError 500'],
      reason: NO_INDEX,
    },
    'a page of 101 tagged resources': { got: 'SyntaxError 500', reason: NO_INDEX },
    'a target group tells each target with its port': { got: ['0:8080', '1:80'], reason: ONE_PORT },
    'a target is taken out on the port that is named alone': { got: ['1:80'], reason: ONE_PORT },
    'a target that is none is taken out all the same': {
      got: 'InvalidTargetException (InvalidTarget) 400',
      reason: 'moto takes the error that the API reference lists, AWS the note above it',
    },
    'the bundle of fleet takes a target out on all its ports': {
      got: [
        {
          phases: [
            'fleetAgain SyntaxError',
            'queueFailed AWS.SimpleQueueService.NonExistentQueue',
            'queueFailed ReceiptHandleIsInvalid',
          ],
          error: '',
        },
        ['1:80'],
      ],
      reason: `${NO_INDEX}, and the case has no message of a queue that could be put off`,
    },
    'an instance that is not in the group cannot be detached': taken(UNCHECKED_GROUPS),
    '21 instances cannot be detached at once': taken(UNCHECKED_GROUPS),
    'the groups of 51 instances cannot be asked for at once': taken(UNCHECKED_GROUPS),
    'another action of what instances belong to': {
      got: ['accepted', 'accepted', 'SyntaxError 500'],
      reason: NO_INDEX,
    },
    'a filter by lifecycle': { got: 'Error 500', reason: 'moto has no such filter' },
    'a filter that does not exist': {
      got: 'Error 500',
      reason: 'moto takes it for one of AWS that it lacks',
    },
    '201 values in one filter': { got: 'accepted', reason: 'moto has no limit' },
    'an id that is none outside a filter': {
      got: 'InvalidInstanceID.NotFound 400',
      reason: 'moto looks ids up and does not look at them',
    },
    'MaxResults of 4': { got: 'accepted', reason: 'moto has no limit' },
    'a batch of visibilities with nothing in it': taken('moto looks at none of its entries first'),
    'a token that nobody gave out': { got: 'Error 500', reason: 'moto fails over it' },
    'an instance tells its type, its zone and when it was launched': {
      got: {
        type: 'm7g.large',
        zone: REGION,
        launched: true,
        reason: { Code: '', Message: '' },
      },
      reason: 'moto gives an instance that runs a reason with nothing in it',
    },
    'an instance tells the Spot request that launched it': {
      got: false,
      reason: 'in moto the request knows its instance, but not the instance its request',
    },
    'a terminated instance tells why, and is found by that': {
      got: { code: 'Client.UserInitiatedShutdown', found: [] },
      reason: 'moto reads no wildcards in the value of this filter',
    },
    'a Spot request tells its instance, state and status': {
      got: [
        {
          itsInstance: true,
          type: 'one-time',
          state: 'active',
          code: 'fulfilled',
          updated: true,
          created: true,
          zone: undefined,
          instanceType: 'm7g.large',
        },
      ],
      reason: 'moto does not tell in which zone it launched',
    },
    'a Spot request is found by its status': { got: 'Error 500', reason: 'moto has no such filter' },
    'a filter of Spot requests that does not exist': taken('moto leaves out a filter that it does not know'),
    'a page of four Spot requests': taken('moto has no pages of Spot requests'),
    'SendCommand gives back what was asked for': {
      got: {
        DocumentName: DOCUMENT,
        InstanceIds: FLEET_SIZE + 7,
        Parameters: { [NOTICES_PARAMETER]: ['abc'] },
        TimeoutSeconds: 30,
        Comment: 'spot-guard: event 1',
        MaxConcurrency: '100%',
        MaxErrors: '100%',
        expires: true,
        targets: FLEET_SIZE + 8,
      },
      reason:
        'moto takes a command without Targets for one to every instance, and counts those asked for twice',
    },
    'SendCommand is pending when it returns': {
      got: 'Success',
      reason: 'in moto a command has ended when it is sent',
    },
    'SendCommand with a document that does not exist': unchecked,
    'SendCommand with a version that does not exist': unchecked,
    'SendCommand with an instance without an agent': unchecked,
    'SendCommand with an id that is none': unchecked,
    'SendCommand with the same instance twice': unchecked,
    'SendCommand with 51 instances': unchecked,
    'SendCommand with a missing parameter': unchecked,
    'SendCommand with an unknown parameter': unchecked,
    "SendCommand with a value against the document's pattern": unchecked,
    'SendCommand with two values for one string': unchecked,
    'SendCommand with more than 64 KB': unchecked,
    'SendCommand with a timeout of 29 s': unchecked,
    'SendCommand with a comment of 101 characters': unchecked,
    'SendCommand with MaxErrors that is no number': unchecked,
    'GetCommandInvocation of a step that has not begun': {
      got: 'InvocationDoesNotExist 400',
      reason: ONE_STEP,
    },
    'GetCommandInvocation of a step that has ended': { got: 'InvocationDoesNotExist 400', reason: ONE_STEP },
    'GetCommandInvocation of a step that does not exist': {
      got: 'InvocationDoesNotExist 400',
      reason: ONE_STEP,
    },
    'GetCommandInvocation of a command that does not exist': {
      got: 'InvalidCommandId 400',
      reason: 'moto looks for the command first; AWS says that the pair of command and instance is none',
    },
    'ListCommandInvocations tells the steps that have ended': LACKS,
    'ListCommandInvocations by moment, status and document, a page at a time': LACKS,
    'ListCommandInvocations with an id that is none': LACKS,
    'ListCommandInvocations with a page of 51': LACKS,
    'ListCommandInvocations with no filter at all': LACKS,
    'ListCommandInvocations with a filter of ListCommands': LACKS,
    'ListCommandInvocations with a token that nobody gave out': LACKS,
    'an empty body': { got: 'accepted', reason: 'moto takes any body' },
    'a character that XML does not have': { got: 'accepted', reason: 'moto takes any body' },
    'hiding by a handle that is none': { got: 'ReceiptHandleIsInvalid 400', reason: BOTH_400 },
    'deleting by a handle that is none': { got: 'ReceiptHandleIsInvalid 400', reason: BOTH_400 },
    'hiding and deleting a message that was deleted': {
      got: ['ReceiptHandleIsInvalid 400', 'accepted'],
      reason: 'moto forgets the handles of what was deleted; AWS still knows them for its own',
    },
    'a message that was sent twice is there once, and tells what FIFO queues tell': {
      got: {
        sameId: false,
        sameNumber: false,
        bodies: ['one'],
        afterDeletion: false,
        group: 'a',
        deduplication: 'the-same',
        number: true,
        receivedFirst: true,
      },
      reason: 'moto drops the second, but gives it an id of its own',
    },
    'a message with a group with a space in it': taken('moto takes any group'),
    'a message with a deduplication id, to a standard queue': taken('moto leaves it out'),
    'a batch is taken entry by entry': {
      got: 'MissingParameter 400',
      reason: 'moto refuses the whole batch for one of its entries',
    },
    'a key of 1,025 bytes': taken('moto has no limit'),
    'a list from a token that nobody gave out': { got: 'Error 500', reason: 'moto fails over it' },
    'a list of less than no keys': taken('moto has no limit'),
    'a write that must not match a digest': taken('moto leaves out a condition that it does not know'),
    'a plain PUT with the digest of another body signed': NO_INTEGRITY,
    'a plain PUT with no word on its body': NO_INTEGRITY,
    'a plain PUT with a word on its body that is none': NO_INTEGRITY,
    'a plain PUT with the CRC-32 of another body': NO_INTEGRITY,
    'a plain PUT with a CRC-32 that is none': NO_INTEGRITY,
    'a plain PUT with a checksum that is promised and does not come': NO_INTEGRITY,
    'a plain PUT with the MD5 of another body': NO_INTEGRITY,
    'a plain PUT that does not say how long it is': taken('moto takes a body however it comes'),
  },
};
