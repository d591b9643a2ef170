// A loopback proxy that takes down each exchange as it was on the wire.
import { createServer, request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from '../../rehearsal/region/endpoints/server.ts';

export interface Exchange {
  /** As in the SigV4 credential scope. */
  readonly service: string;
  readonly request: {
    readonly method: string;
    /** Path and query, still encoded. */
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly answer: {
    readonly status: number;
    /** Names in lower case. */
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
}

export interface Recorder {
  readonly url: string;
  readonly exchanges: Exchange[];
  close(): Promise<void>;
}

export async function openRecorder(target: string): Promise<Recorder> {
  const exchanges: Exchange[] = [];
  const { hostname, port } = new URL(target);
  const server = createServer(async (incoming, outgoing) => {
    const body = await text(incoming);
    const { method, url: path, headers } = incoming;
    const onward = send({ hostname, port, method, path, headers }, async (answer) => {
      const answered = await text(answer);
      exchanges.push({
        service: /\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '')?.[1] ?? '',
        request: { method: method ?? '', url: path ?? '', headers: flat(headers), body },
        answer: { status: answer.statusCode ?? 0, headers: flat(answer.headers), body: answered },
      });
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers).end(answered);
    });
    onward.on('error', () => incoming.socket.destroy());
    onward.end(body);
  });
  return {
    url: `http://127.0.0.1:${await listen(server)}`,
    exchanges,
    close: () => closeServer(server),
  };
}

function flat(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
