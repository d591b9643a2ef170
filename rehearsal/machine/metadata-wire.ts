// Plays a fault of the metadata service on the wire of one request.
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Answer, page, plain, reason } from './metadata-answer.ts';
import type { MetadataFault } from './metadata-faults.ts';

/** One request that a fault hits. */
export interface Exchange {
  readonly response: ServerResponse;
  /** What the service itself would say. */
  readonly answer: () => Answer;
  /** With those that every answer has. */
  readonly headers: (answer: Answer) => Record<string, string>;
  /** Sends it as it is, and records it. */
  readonly send: (answer: Answer) => void;
  /** For what is sent past `send`; 0 where no status was sent. */
  readonly record: (status: number) => void;
}

const BLOCK = Buffer.alloc(65_536, 'x');
const GARBAGE = Buffer.from('1603010002022a00ff0a0d0a', 'hex');

export function play(fault: MetadataFault, exchange: Exchange): void {
  const { response, answer, send, record } = exchange;
  const { socket } = response;
  switch (fault.kind) {
    case 'status':
      send(statusAnswer(fault.status, fault.body, fault.contentType));
      break;
    case 'body':
      send(plain(fault.body));
      break;
    case 'html':
      send({ ...page(404), status: 200 });
      break;
    case 'slow':
      sendLate(answer(), fault.ms, exchange);
      break;
    case 'trickle':
      trickle(answer(), fault.ms, exchange);
      break;
    case 'half':
      sendHalf(fault.body === undefined ? answer() : plain(fault.body), exchange);
      break;
    case 'chunked':
      sendChunked(answer(), exchange);
      break;
    case 'huge':
      sendHuge(fault.bytes, exchange);
      break;
    case 'hang':
      record(0);
      break;
    case 'reset':
      record(0);
      socket?.resetAndDestroy();
      break;
    case 'notHttp':
      record(0);
      socket?.end(GARBAGE);
  }
}

function statusAnswer(status: number, body: string | undefined, contentType: string | undefined): Answer {
  const { headers, ...rest } = body === undefined ? page(status) : { ...plain(body), status };
  return { ...rest, headers: contentType === undefined ? headers : { 'Content-Type': contentType } };
}

/** A client that does not wait for it has been sent nothing. */
function sendLate(answer: Answer, ms: number, { response, send, record }: Exchange): void {
  const timer = setTimeout(() => send(answer), ms);
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.headersSent) record(0);
  });
}

function sendHalf(answer: Answer, exchange: Exchange): void {
  const bytes = bytesOf(answer, exchange);
  exchange.record(answer.status);
  exchange.response.socket?.end(
    bytes.subarray(0, bytes.length - Math.ceil(Buffer.byteLength(answer.body) / 2)),
  );
}

function trickle(answer: Answer, ms: number, exchange: Exchange): void {
  const { response, record } = exchange;
  const { socket } = response;
  const bytes = bytesOf(answer, exchange);
  let sent = 0;
  record(answer.status);
  socket?.setNoDelay(true);
  const timer = setInterval(() => {
    socket?.write(bytes.subarray(sent, sent + 1));
    sent += 1;
    if (sent < bytes.length) return;
    clearInterval(timer);
    socket?.end();
  }, ms);
  response.once('close', () => clearInterval(timer));
}

function sendChunked(answer: Answer, { response, headers, record }: Exchange): void {
  const { 'Content-Length': _, ...rest } = headers(answer);
  const body = Buffer.from(answer.body);
  const middle = Math.ceil(body.length / 2);
  record(answer.status);
  response.writeHead(answer.status, { ...rest, 'Transfer-Encoding': 'chunked' });
  response.write(body.subarray(0, middle));
  response.end(body.subarray(middle));
}

function sendHuge(bytes: number, { response, headers, record }: Exchange): void {
  record(200);
  response.writeHead(200, { ...headers(plain('')), 'Content-Length': String(bytes) });
  function* blocks(): Generator<Buffer> {
    for (let left = bytes; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, left);
  }
  // As fast as the client reads. One that has read enough ends it, which is no fault.
  pipeline(blocks(), response).catch(() => undefined);
}

/** The answer as it goes over the wire, for what node would not send so. The connection ends with it. */
function bytesOf(answer: Answer, { headers }: Exchange): Buffer {
  const head = Object.entries({ ...headers(answer), Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.from(
    [`HTTP/1.1 ${answer.status} ${reason(answer.status)}`, ...head, '', answer.body].join('\r\n'),
  );
}
