// A command that SSM refuses for some of its instances: who they may be, and who is left.
import type { Batch } from './command.ts';
import type { Notice } from './notice.ts';

export interface Apart {
  /** Each would be refused again. */
  readonly refused: readonly Notice[];
  /** Worth a command each. */
  readonly others: readonly Batch[];
}

/** Those that SSM names are taken out; where it names none of the batch, that is halved. One alone is refused. */
export function apart(batch: Batch, named: readonly string[]): Apart {
  const ids = Object.keys(batch.entries);
  const guilty = ids.length === 1 ? ids : ids.filter((id) => named.includes(id));
  if (guilty.length === 0) {
    const half = Math.ceil(ids.length / 2);
    return { refused: [], others: [ids.slice(0, half), ids.slice(half)].map((part) => of(batch, part)) };
  }
  const left = ids.filter((id) => !guilty.includes(id));
  return {
    refused: of(batch, guilty).notices,
    others: left.length === 0 ? [] : [of(batch, left)],
  };
}

function of({ entries, notices }: Batch, ids: readonly string[]): Batch {
  const wanted = new Set(ids);
  return {
    entries: Object.fromEntries(Object.entries(entries).filter(([id]) => wanted.has(id))),
    notices: notices.filter(({ instanceId }) => wanted.has(instanceId)),
  };
}
