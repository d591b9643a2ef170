// What SQS does with a batch of anything: it refuses one that is none, and lets each entry stand for itself.
import { isObject, type JsonObject } from '../../template/template.ts';
import { ServiceFault } from './service.ts';
import { QUERY_CODES } from './sqs-faults.ts';

const ENTRY_ID = /^[\w-]{1,80}$/;
const ENTRIES = 10;
/** Of all bodies together (SendMessageBatch). */
const MOST_BYTES = 1_048_576;

/** `name`: of the shape, as SQS says it; `act`: what one entry asks for, and what it is told. */
export function eachOf(name: string, input: JsonObject, act: (entry: JsonObject) => object) {
  const entries = Array.isArray(input.Entries) ? input.Entries.filter(isObject) : [];
  checkEntries(
    name,
    entries.map(({ Id: id }) => String(id ?? '')),
  );
  const bytes = entries.reduce(
    (sum, { MessageBody: body }) => sum + Buffer.byteLength(String(body ?? '')),
    0,
  );
  if (bytes > MOST_BYTES) {
    const message = `Batch requests cannot be longer than ${MOST_BYTES} bytes. You have sent ${bytes} bytes.`;
    throw new ServiceFault('com.amazonaws.sqs#BatchRequestTooLong', message);
  }
  const successful: object[] = [];
  const failed: object[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...act(entry) });
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error;
      const code = QUERY_CODES.get(error.code) ?? error.code;
      failed.push({ Id: entry.Id, SenderFault: true, Code: code, Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
}

function checkEntries(name: string, ids: readonly string[]): void {
  if (ids.length === 0) {
    const message = `There should be at least one ${name} in the request.`;
    throw new ServiceFault('com.amazonaws.sqs#EmptyBatchRequest', message);
  }
  if (ids.length > ENTRIES) {
    const message = `Maximum number of entries per request are ${ENTRIES}. You have sent ${ids.length}.`;
    throw new ServiceFault('com.amazonaws.sqs#TooManyEntriesInBatchRequest', message);
  }
  if (!ids.every((id) => ENTRY_ID.test(id))) {
    const message =
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.';
    throw new ServiceFault('com.amazonaws.sqs#InvalidBatchEntryId', message);
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) < index);
  if (repeated !== undefined) {
    throw new ServiceFault('com.amazonaws.sqs#BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
  }
}
