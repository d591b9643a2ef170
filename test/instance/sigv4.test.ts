// The guard's own AWS signature beside that of the SDK's signer, for the requests that the guard sends.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bySdk, type Signed } from './by-sdk.ts';

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
const BASE: Signed = {
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
const REQUESTS: readonly Signed[] = [
  BASE,
  { ...BASE, token: '' },
  { ...BASE, body: '' },
  { ...BASE, host: '127.0.0.1:4566', body: 'ключ=значение' },
  { ...BASE, region: 'cn-north-1', host: 'ec2.cn-north-1.amazonaws.com.cn', at: '20281231T235959Z' },
  PUT,
  {
    ...PUT,
    token: '',
    host: '127.0.0.1:4566',
    path: `/my.reports${PUT.path.replace('.json', '-rebalance.json')}`,
  },
];

it('is the same, with and without a session token, whatever the body, the host, the time and the path', async () => {
  const bySpotGuard = execFileSync('python3', ['-I', '-S', '-B', '-c', SIGN, GUARD], {
    encoding: 'utf8',
    input: REQUESTS.map((request) => JSON.stringify(request)).join('\n'),
  });
  expect(bySpotGuard.trimEnd().split('\n')).toEqual(await Promise.all(REQUESTS.map(bySdk)));
});
