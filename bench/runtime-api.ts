// Lambda's side of the runtime API for one process: it hands out the events.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from './loopback.ts';

const TIMEOUT_MS = 10_000;

export interface RuntimeApi {
  /** For AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Waits until the function asks for an event; returns when it got it, on the clock of `performance.now()`. */
  deliver(event: unknown): Promise<number>;
  close(): Promise<void>;
}

/** `onFailure` hears what the function, or its start, failed with. */
export async function startRuntimeApi(
  functionArn: string,
  onFailure: (error: Error) => void,
): Promise<RuntimeApi> {
  let asking: ServerResponse | undefined;
  let onAsking: ((response: ServerResponse) => void) | undefined;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path.endsWith('/invocation/next')) {
      if (onAsking === undefined) asking = response;
      else onAsking(response);
      return;
    }
    const body = await text(request);
    response.writeHead(202).end();
    if (!path.endsWith('/response')) onFailure(new Error(`the function failed: ${body}`));
  }

  const server = createServer((request, response) => {
    take(request, response).catch(onFailure);
  });
  const port = await listen(server);
  return {
    address: `127.0.0.1:${port}`,
    deliver: async (event) => {
      const response = asking ?? (await new Promise<ServerResponse>((resolve) => (onAsking = resolve)));
      asking = undefined;
      onAsking = undefined;
      response.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': crypto.randomUUID(),
        'lambda-runtime-deadline-ms': String(Date.now() + TIMEOUT_MS),
        'lambda-runtime-invoked-function-arn': functionArn,
      });
      response.end(JSON.stringify(event));
      return performance.now();
    },
    close: () => closeServer(server),
  };
}
