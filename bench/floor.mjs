// The floor: a bare Node process that sends the two requests of a notice, signed, with no SDK and no checks.
// Called with the bodies of the two; the rest is in the environment, as Lambda has it.
import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';

const [describe, command] = process.argv.slice(2);
const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = process.env;
const { AWS_ACCESS_KEY_ID: keyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
const { host, hostname, port } = new URL(endpoint);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

/** AWS Signature Version 4 of a POST to `/`. */
function signed(service, headers, body) {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const all = { ...headers, host, 'x-amz-date': time, 'x-amz-security-token': token };
  const names = Object.keys(all).sort();
  const canonical = names.map((name) => `${name}:${all[name]}\n`).join('');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const hashed = sha256(`POST\n/\n\n${canonical}\n${names.join(';')}\n${sha256(body)}`);
  const key = scope.split('/').reduce(hmac, `AWS4${secret}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hashed}`).toString('hex');
  const credential = `Credential=${keyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...all, authorization: `AWS4-HMAC-SHA256 ${credential}` };
}

/** Settles when the answer is there whole. */
const send = (service, headers, body) =>
  new Promise((resolve, reject) => {
    const options = { hostname, port, method: 'POST', headers: signed(service, headers, body) };
    const sent = request(options, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${service} answered ${response.statusCode}`));
      });
    });
    sent.once('error', reject).end(body);
  });

await send('ec2', { 'content-type': 'application/x-www-form-urlencoded' }, describe);
await send(
  'ssm',
  { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.SendCommand' },
  command,
);
