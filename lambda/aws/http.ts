// What the SDK sends its requests with, in the place of its own handler: an answer is there when it is whole, and one
// timer bounds all of it. The SDK's has a timer for each part but the body, and warnings and streams for other needs.
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
  /** `requestTimeout`: milliseconds for the whole. @throws TimeoutError, or the socket's error */
  handle(
    { protocol, hostname, port, method, path, headers, body }: Request,
    { requestTimeout }: { readonly requestTimeout?: number } = {},
  ): Promise<{ readonly response: Response }> {
    let timer: NodeJS.Timeout | undefined;
    const answered = new Promise<{ readonly response: Response }>((resolve, reject) => {
      const request = protocol === 'https:' ? requestHttps : requestHttp;
      const named = { ...headers, 'user-agent': USER_AGENT };
      const sent = request({ hostname, port, method, path, headers: named }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.once('end', () => {
          const { statusCode = 0, headers } = answer;
          resolve({ response: { statusCode, headers, body: Buffer.concat(chunks) } });
        });
      });
      sent.on('error', reject);
      sent.end(body);
      if (requestTimeout === undefined) return;
      timer = setTimeout(() => {
        reject(Object.assign(new Error('no whole answer in time'), { name: 'TimeoutError' }));
        sent.destroy();
      }, requestTimeout);
    });
    return answered.finally(() => clearTimeout(timer));
  },
};
