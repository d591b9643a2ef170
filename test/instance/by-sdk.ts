// The signature that the SDK's own signer gives a request: the authority beside which the guard's is put.
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

/** What the signer needs of a hash: with a secret it is an HMAC. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

export interface Signed {
  readonly keyId: string;
  readonly secret: string;
  readonly token: string;
  /** Of the body. */
  readonly type: string;
  readonly region: string;
  readonly host: string;
  readonly body: string;
  /** Like 20260204T153015Z. */
  readonly at: string;
  readonly service: string;
  readonly method: string;
  /** As it is sent. */
  readonly path: string;
}

/** The `authorization` header of such a request. */
export async function bySdk(said: Signed): Promise<string | undefined> {
  const { keyId, secret, token, type, region, host, body, at, service, method, path } = said;
  const signer = new SignatureV4({
    credentials: { accessKeyId: keyId, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) },
    region,
    service,
    sha256: Sha256 as never,
    applyChecksum: service === 's3',
    uriEscapePath: service !== 's3',
  });
  const request = { method, protocol: 'https:', hostname: host, path, query: {}, body };
  const headers = { host, 'content-type': type };
  const date = new Date(at.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  return (await signer.sign({ ...request, headers }, { signingDate: date })).headers.authorization;
}
