// What can go wrong between a program and the metadata service, and which request it hits.
interface Aim {
  /** Matched with `METHOD PATH`, for example /^PUT / or /instance-action/; all requests where absent. */
  readonly on?: RegExp;
  /** How many requests it hits; until it is taken out where absent. */
  readonly times?: number;
}

export type MetadataFault = Aim &
  (
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string;
        readonly contentType?: string;
      }
    /** HTTP 200 with this text. */
    | { readonly kind: 'body'; readonly body: string }
    /** HTTP 200 with the page of a 404. */
    | { readonly kind: 'html' }
    /** The connection ends in the middle of the body: of this one where there is one. */
    | { readonly kind: 'half'; readonly body?: string }
    /** The whole answer, as it is now, after `ms`. */
    | { readonly kind: 'slow'; readonly ms: number }
    /** A byte every `ms`, from the status line on: no single read takes long. */
    | { readonly kind: 'trickle'; readonly ms: number }
    /** The connection is accepted, and nothing is ever sent. */
    | { readonly kind: 'hang' }
    | { readonly kind: 'reset' }
    /** HTTP 200 with a body of so many bytes. */
    | { readonly kind: 'huge'; readonly bytes: number }
    /** Bytes that are no HTTP. */
    | { readonly kind: 'notHttp' }
    /** The right answer with Transfer-Encoding: chunked, as the real service never sends it. */
    | { readonly kind: 'chunked' }
  );

export class Faults {
  readonly #planted = new Map<MetadataFault, number>();

  /** The same fault twice is two faults. */
  plant(fault: MetadataFault): () => void {
    const own = { ...fault };
    this.#planted.set(own, 0);
    return () => {
      this.#planted.delete(own);
    };
  }

  /** The fault that the request meets: of those that match, the one that was planted first. */
  next(line: string): MetadataFault | undefined {
    for (const [fault, hits] of this.#planted) {
      // `search` and not `test`: a regular expression with `g` must not match every other request only.
      if (fault.on && line.search(fault.on) < 0) continue;
      if (hits >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
      this.#planted.set(fault, hits + 1);
      return fault;
    }
    return undefined;
  }
}
