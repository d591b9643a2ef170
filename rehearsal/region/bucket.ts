// One versioned S3 bucket in memory: what each key holds now, and everything that was ever written.
import { createHash, randomBytes } from 'node:crypto';
import type { Json } from '../template/template.ts';

export interface Version {
  readonly key: string;
  readonly body: Buffer;
  /** The MD5 of the body, in quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly versionId: string;
  readonly contentType: string;
  /** By header name, as they came with the body and were found right. */
  readonly checksums: Readonly<Record<string, string>>;
}

export interface PutOptions {
  readonly onlyIfAbsent?: boolean;
  readonly contentType?: string;
  readonly checksums?: Readonly<Record<string, string>>;
}

export class Bucket {
  readonly name: string;
  readonly arn: string;
  /** The bucket's policy, as the template states it. */
  readonly policy: Json;
  readonly #now: () => number;
  readonly #objects = new Map<string, Version>();
  readonly #puts = new Map<string, number>();
  readonly #versions: Version[] = [];

  constructor(options: { name: string; arn: string; policy: Json; now?: () => number }) {
    this.name = options.name;
    this.arn = options.arn;
    this.policy = options.policy;
    this.#now = options.now ?? Date.now;
  }

  /** The newest version of each key. */
  get objects(): ReadonlyMap<string, Version> {
    return this.#objects;
  }

  /** By key, how often it was written. */
  get puts(): ReadonlyMap<string, number> {
    return this.#puts;
  }

  /** In the order of writing. */
  get versions(): readonly Version[] {
    return this.#versions;
  }

  /** Undefined where the key was to be absent and is not. Nothing comes between the look and the write. */
  put(key: string, body: Buffer, options: PutOptions = {}): Version | undefined {
    if (options.onlyIfAbsent && this.#objects.has(key)) return undefined;
    const version: Version = {
      key,
      body,
      etag: `"${createHash('md5').update(body).digest('hex')}"`,
      lastModifiedMs: this.#now(),
      versionId: randomBytes(16).toString('hex'),
      contentType: options.contentType ?? 'binary/octet-stream',
      checksums: options.checksums ?? {},
    };
    this.#objects.set(key, version);
    this.#puts.set(key, (this.#puts.get(key) ?? 0) + 1);
    this.#versions.push(version);
    return version;
  }

  /** In the order of the keys' bytes in UTF-8, those beyond `after` alone. */
  list(prefix: string, after: string): readonly Version[] {
    return [...this.#objects.values()]
      .filter(({ key }) => key.startsWith(prefix) && compareKeys(key, after) > 0)
      .sort((a, b) => compareKeys(a.key, b.key));
  }
}

/** JavaScript's own order is that of UTF-16, which differs beyond U+FFFF. */
const compareKeys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
