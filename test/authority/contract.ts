// What a case of the contract is, and how refusals are told.
import type { Place } from './place.ts';

export interface Case {
  readonly name: string;
  /** What `place` did, in words that hold for every place: no ids, no times. */
  observe(place: Place): Promise<unknown>;
  /** What AWS does, by its documentation. */
  readonly aws: unknown;
}

/** Milliseconds that an adapter gets for one call, its tries included. */
export const CALL_MS = 3_000;

/** What `tell` makes of the answer, or the refusal. */
export async function told<A>(call: Promise<A>, tell: (answer: A) => unknown): Promise<unknown> {
  const outcome = await refusal(call);
  return outcome === 'accepted' ? tell(await call) : outcome;
}

/** `accepted`, else `CODE STATUS`, and with it the code of the query protocol where the service keeps one. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { $metadata, Code } = error as Error & { $metadata?: { httpStatusCode?: number }; Code?: string };
    if ($metadata === undefined) throw error;
    const code = Code === undefined || Code === error.name ? error.name : `${error.name} (${Code})`;
    return `${code} ${$metadata.httpStatusCode}`;
  }
}
