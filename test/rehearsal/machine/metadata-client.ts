// A raw client of the metadata service: it hides nothing, repeats nothing and keeps no token.
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Metadata, type MetadataOptions, openMetadata } from '../../../rehearsal/machine/metadata.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const INSTANCE_ID = 'i-0123456789abcdef0';
export const ACTION_PATH = '/latest/meta-data/spot/instance-action';
export const ID_PATH = '/latest/meta-data/instance-id';
export const TOKEN_PATH = '/latest/api/token';
export const TTL = 'X-aws-ec2-metadata-token-ttl-seconds';
export const TOKEN = 'X-aws-ec2-metadata-token';

/** A service of the test's own, closed with it. */
export async function open(options: Partial<MetadataOptions> = {}): Promise<Metadata> {
  const service = await openMetadata({ instanceId: INSTANCE_ID, region: 'eu-west-1', ...options });
  onTestFinished(() => service.close());
  return service;
}

export function ask(
  service: Pick<Metadata, 'url'>,
  path: string,
  headers: Record<string, string> = {},
  { method = 'GET', agent }: { method?: string; agent?: Agent } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(service.url, { path, method, headers, agent: agent ?? false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject).end();
  });
}

export async function tokenOf(service: Pick<Metadata, 'url'>, ttlSeconds = 60): Promise<string> {
  const { status, body } = await ask(service, TOKEN_PATH, { [TTL]: String(ttlSeconds) }, { method: 'PUT' });
  if (status !== 200) throw new Error(`no token: ${status}`);
  return body;
}

/** With a good token. */
export const get = async (service: Pick<Metadata, 'url'>, path: string): Promise<Reply> =>
  ask(service, path, { [TOKEN]: await tokenOf(service) });

/** The status and the body; the tests that need no more read better so. */
export async function look(service: Pick<Metadata, 'url'>, path: string): Promise<[number, string]> {
  const { status, body } = await get(service, `/latest/meta-data/${path}`);
  return [status, body];
}

/** A request as text, for a socket. */
export const requestOf = (path: string, token: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: metadata\r\n${TOKEN}: ${token}\r\nConnection: close\r\n\r\n`;

/** Every byte until the service ends the connection, and the sizes in which they came. */
export function bytes(
  service: Metadata,
  path: string,
  token: string,
): Promise<{ text: string; pieces: number[] }> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('error', reject);
    socket.on('end', () => {
      socket.destroy();
      resolve({
        text: Buffer.concat(pieces).toString('latin1'),
        pieces: pieces.map(({ length }) => length),
      });
    });
    socket.write(requestOf(path, token));
  });
}
