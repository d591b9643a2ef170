// How SQS says no: its codes over AWS JSON, with those of the query protocol that it spoke before.
import type { Json } from '../../template/template.ts';
import { ServiceFault } from './service.ts';

export const CORAL = 'com.amazon.coral.service';
/** The service's Smithy model; for the common errors its API reference. */
export const QUERY_CODES = new Map([
  [`${CORAL}#AccessDeniedException`, 'AccessDenied'],
  [`${CORAL}#InternalFailure`, 'InternalFailure'],
  [`${CORAL}#InvalidParameterValueException`, 'InvalidParameterValue'],
  [`${CORAL}#MissingRequiredParameterException`, 'MissingParameter'],
  ['com.amazonaws.sqs#BatchEntryIdsNotDistinct', 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct'],
  ['com.amazonaws.sqs#BatchRequestTooLong', 'AWS.SimpleQueueService.BatchRequestTooLong'],
  ['com.amazonaws.sqs#EmptyBatchRequest', 'AWS.SimpleQueueService.EmptyBatchRequest'],
  ['com.amazonaws.sqs#InvalidBatchEntryId', 'AWS.SimpleQueueService.InvalidBatchEntryId'],
  ['com.amazonaws.sqs#InvalidMessageContents', 'InvalidMessageContents'],
  ['com.amazonaws.sqs#QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'],
  ['com.amazonaws.sqs#ReceiptHandleIsInvalid', 'ReceiptHandleIsInvalid'],
  ['com.amazonaws.sqs#RequestThrottled', 'RequestThrottled'],
  ['com.amazonaws.sqs#TooManyEntriesInBatchRequest', 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest'],
  ['com.amazonaws.sqs#UnsupportedOperation', 'AWS.SimpleQueueService.UnsupportedOperation'],
]);

export function within(name: string, value: Json, min: number, max: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw invalid(name, value, `must be from ${min} to ${max}.`);
}

export function invalid(name: string, value: Json, reason: string): ServiceFault {
  return new ServiceFault(
    `${CORAL}#InvalidParameterValueException`,
    `Value ${JSON.stringify(value)} for parameter ${name} is invalid. Reason: ${reason}`,
  );
}

export function missing(name: string): ServiceFault {
  const message = `The request must contain the parameter ${name}.`;
  return new ServiceFault(`${CORAL}#MissingRequiredParameterException`, message);
}
