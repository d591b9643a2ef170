// The guard's own AWS signature beside that of the SDK's signer, for the requests that the guard sends.
import { execFileSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { join } from 'node:path';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, it } from 'vitest';

const SIGN = `
import json, sys
sys.path.insert(0, sys.argv[1])
from spot_guard import sigv4
for line in sys.stdin:
    said = json.loads(line)
    credentials = sigv4.Credentials(said["keyId"], said["secret"], said["token"])
    headers, body, where = {"content-type": said["type"]}, said["body"].encode(), (said["method"], said["path"])
    signed = sigv4.sign(credentials, said["region"], said["service"], said["host"], headers, body, said["at"], *where)
    print(signed["authorization"])
`;
const GUARD = join(import.meta.dirname, '../../instance/guard');
const BASE = {
  keyId: 'AKIDEXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  token: 'IQoJb3JpZ2luX2VjE//////==',
  type: 'application/x-www-form-urlencoded; charset=utf-8',
  region: 'eu-central-1',
  host: 'ec2.eu-central-1.amazonaws.com',
  body: 'Action=DescribeTags&Version=2016-11-15&Filter.2.Value.2=spot-guard%3A%2A',
  at: '20260204T153015Z',
  service: 'ec2',
  method: 'POST',
  path: '/',
};
/** A report, whose key has colons: each segment is encoded once. */
const PUT = {
  ...BASE,
  service: 's3',
  method: 'PUT',
  type: 'application/json',
  host: 'my-reports.s3.eu-central-1.amazonaws.com',
  path: '/reports/arn%3Aaws%3Aec2%3Aeu-central-1%3A123456789012%3Ainstance/i-0123456789abcdef0/1770219015.json',
  body: '{"version":1}',
};
const REQUESTS: readonly (typeof BASE)[] = [
  BASE,
  { ...BASE, token: '' },
  { ...BASE, body: '' },
  { ...BASE, host: '127.0.0.1:4566', body: 'ключ=значение' },
  { ...BASE, region: 'cn-north-1', host: 'ec2.cn-north-1.amazonaws.com.cn', at: '20281231T235959Z' },
  PUT,
  { ...PUT, token: '', host: '127.0.0.1:4566', path: `/my.reports${PUT.path.replace('.json', '-rebalance.json')}` },
];

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

async function bySdk(said: typeof BASE) {
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

it('is the same, with and without a session token, whatever the body, the host, the time and the path', async () => {
  const bySpotGuard = execFileSync('python3', ['-I', '-S', '-B', '-c', SIGN, GUARD], {
    encoding: 'utf8',
    input: REQUESTS.map((request) => JSON.stringify(request)).join('\n'),
  });
  expect(bySpotGuard.trimEnd().split('\n')).toEqual(await Promise.all(REQUESTS.map(bySdk)));
});
