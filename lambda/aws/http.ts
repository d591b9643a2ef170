// The SDK's way to the network, in its place for one of our own: an answer is there when it is whole, and one signal
// bounds all of it. The SDK's handler brings timers, warnings and collectors of streams for other needs.
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** Of the SDK's request what its two protocols fill in: both send a POST to a bare path. */
interface Request {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface Response {
  readonly statusCode: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
}

/** CloudTrail keeps it with each call. */
const USER_AGENT = 'spot-guard';

/** Node's own agents keep the connection for the next event. */
export const requestHandler = {
  handle(
    { protocol, hostname, port, method, path, headers, body }: Request,
    { abortSignal }: { abortSignal?: AbortSignal } = {},
  ) {
    return new Promise<{ response: Response }>((resolve, reject) => {
      const request = protocol === 'https:' ? requestHttps : requestHttp;
      const options = {
        hostname,
        port,
        method,
        path,
        headers: { ...headers, 'user-agent': USER_AGENT },
        ...(abortSignal === undefined ? {} : { signal: abortSignal }),
      };
      const sent = request(options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({
            response: {
              statusCode: answer.statusCode ?? 0,
              headers: answer.headers,
              body: Buffer.concat(chunks),
            },
          }),
        );
      });
      sent.once('error', reject);
      sent.end(body);
    });
  },
};
