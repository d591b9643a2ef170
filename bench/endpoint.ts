// EC2, SSM and SQS on loopback, as fast as they can be: each request is answered at once, and noted when it was there
// whole.
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../contract/tags.ts';
import { closeServer, listen } from './loopback.ts';

export interface Received {
  readonly action: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
}

export interface Endpoint {
  readonly url: string;
  /** All requests since the start. */
  readonly received: readonly Received[];
  /** The next SendCommand from now on. @throws AbortError when `signal` says so */
  nextCommand(signal: AbortSignal): Promise<Received>;
  close(): Promise<void>;
}

export async function startEndpoint(instanceId: string): Promise<Endpoint> {
  const described = describedInstance(instanceId);
  const commandTaken = JSON.stringify({ Command: { CommandId: '11111111-2222-3333-4444-555555555555' } });
  const ticketTaken = JSON.stringify({ Successful: [{ Id: '0', MessageId: 'm', MD5OfMessageBody: 'x' }] });
  const received: Received[] = [];
  const commands = new EventEmitter<{ command: [Received] }>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const atMs = performance.now();
    const target = request.headers['x-amz-target'];
    const isCommand = target === 'AmazonSSM.SendCommand';
    const isTicket = target === 'AmazonSQS.SendMessageBatch';
    response.writeHead(200, {
      'content-type': isCommand || isTicket ? 'application/x-amz-json-1.1' : 'text/xml',
    });
    response.end(isCommand ? commandTaken : isTicket ? ticketTaken : described);
    const action =
      typeof target === 'string'
        ? target.replace(/^\w+\./, '')
        : (new URLSearchParams(body).get('Action') ?? '');
    const taken = { action, headers: request.headers, body, atMs };
    received.push(taken);
    if (isCommand) commands.emit('command', taken);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy()); // The client has gone: who waits for it says so.
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    url,
    received,
    nextCommand: async (signal) => {
      const [command] = await once(commands, 'command', { signal });
      return command;
    },
    close: () => closeServer(server),
  };
}

function describedInstance(instanceId: string): string {
  const tag = `<item><key>${GUARD_TAG}</key><value>${GUARD_TAG_VALUE}</value></item>`;
  const state = '<instanceState><code>16</code><name>running</name></instanceState>';
  const instance = `<item><instanceId>${instanceId}</instanceId>${state}<tagSet>${tag}</tagSet></item>`;
  const reservation = `<item><reservationId>r-1</reservationId><instancesSet>${instance}</instancesSet></item>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><reservationSet>${reservation}</reservationSet></DescribeInstancesResponse>`;
}
