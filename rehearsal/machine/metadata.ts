// The metadata service of one instance, IMDSv2 only, on the loopback interface. Where the known mocks are lenient
// it is not: no token, no answer; a notice keeps its time; and what can go wrong can be planted.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, page } from './metadata-answer.ts';
import { Faults, type MetadataFault } from './metadata-faults.ts';
import { answerTo } from './metadata-protocol.ts';
import { Throttle, Tokens } from './metadata-tokens.ts';
import { checkTags, type Facts, type Role } from './metadata-tree.ts';
import { play } from './metadata-wire.ts';

export type { MetadataFault } from './metadata-faults.ts';

export interface MetadataOptions {
  readonly instanceId: string;
  readonly region: string;
  /** The documentation's where absent; the rehearsal's events have it too. */
  readonly account?: string;
  /** Tags in metadata are off where absent: 404 for everything below `tags/`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The instance has no role where absent. */
  readonly role?: Role;
  readonly host?: string;
  readonly port?: number;
  readonly onRequest?: (request: MetadataRequest) => void;
}

export interface MetadataRequest {
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  /** 0: none was sent. */
  readonly status: number;
  /** Milliseconds since the epoch, when the request came. */
  readonly at: number;
}

export interface Metadata {
  readonly url: string;
  /** In the order in which they were answered. */
  readonly requests: readonly MetadataRequest[];
  announce(action: string, time: string): void;
  withdraw(): void;
  recommend(noticeTime: string): void;
  /** Throws for a key that EC2 allows no tags in metadata with. */
  setTags(tags: Readonly<Record<string, string>> | undefined): void;
  /** Every token that was granted so far is good no more. */
  expireTokens(): void;
  /** For the `Date` header only: no time in a body moves. */
  setClockAhead(seconds: number): void;
  /** Returns what takes it out again. */
  plant(fault: MetadataFault): () => void;
  /** Refuses connections and ends the open ones, until what it returns is called: then it has its port again. */
  refuse(): Promise<() => Promise<void>>;
  /** 503 for what comes faster than that; undefined for no limit. */
  throttle(perSecond: number | undefined, burst?: number): void;
  close(): Promise<void>;
}

export async function openMetadata(options: MetadataOptions): Promise<Metadata> {
  const service = new LocalMetadata(options);
  await service.listen();
  return service;
}

class LocalMetadata implements Metadata {
  readonly requests: MetadataRequest[] = [];
  readonly #options: MetadataOptions;
  readonly #facts: Facts;
  readonly #server: Server;
  readonly #tokens = new Tokens();
  readonly #faults = new Faults();
  #throttle: Throttle | undefined;
  #aheadSeconds = 0;
  #port: number;
  #refusals = 0;
  #closed = false;

  constructor(options: MetadataOptions) {
    const { instanceId, region, role, tags } = options;
    checkTags(tags);
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#facts = {
      account: options.account ?? '123456789012',
      instanceId,
      region,
      role,
      tags,
      startedAt: new Date(),
      notice: undefined,
      recommendedAt: undefined,
    };
    this.#server = createServer((request, response) => this.#take(request, response));
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  announce(action: string, time: string): void {
    this.#facts.notice = { action, time };
  }

  withdraw(): void {
    this.#facts.notice = undefined;
  }

  recommend(noticeTime: string): void {
    this.#facts.recommendedAt = noticeTime;
  }

  setTags(tags: Readonly<Record<string, string>> | undefined): void {
    checkTags(tags);
    this.#facts.tags = tags;
  }

  expireTokens(): void {
    this.#tokens.expire();
  }

  setClockAhead(seconds: number): void {
    this.#aheadSeconds = seconds;
  }

  plant(fault: MetadataFault): () => void {
    return this.#faults.plant(fault);
  }

  throttle(perSecond: number | undefined, burst = 1): void {
    this.#throttle = perSecond === undefined ? undefined : new Throttle(perSecond, burst);
  }

  async refuse(): Promise<() => Promise<void>> {
    this.#refusals += 1;
    if (this.#refusals === 1) await this.#shut();
    let over = false;
    return async () => {
      if (over) return;
      over = true;
      this.#refusals -= 1;
      if (this.#refusals === 0 && !this.#closed) await this.listen();
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#shut();
  }

  /** The port that the system chose is kept: a client knows no other. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get #host(): string {
    return this.#options.host ?? '127.0.0.1';
  }

  async #shut(): Promise<void> {
    const shut = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await shut;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '' } = request;
    const at = Date.now();
    const record = (status: number): void => {
      const entry = { method, path, status, at };
      this.requests.push(entry);
      this.#options.onRequest?.(entry);
    };
    const headers = (answer: Answer): Record<string, string> => ({
      ...answer.headers,
      'Accept-Ranges': 'none',
      'Content-Length': String(Buffer.byteLength(answer.body)),
      Date: new Date(Date.now() + this.#aheadSeconds * 1000).toUTCString(),
      Server: 'EC2ws',
    });
    const send = (answer: Answer): void => {
      record(answer.status);
      response.writeHead(answer.status, headers(answer)).end(answer.body);
    };
    if (this.#throttle?.take() === false) {
      send(page(503));
      return;
    }
    const fault = this.#faults.next(`${method} ${path}`);
    const answer = (): Answer => answerTo(request, this.#facts, this.#tokens);
    if (fault) play(fault, { response, answer, headers, send, record });
    else send(answer());
  }
}
