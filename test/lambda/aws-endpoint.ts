// EC2, SSM and SQS on loopback, as the SDK sees them on the wire: it takes down each call and answers what a test says.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * `reset` drops the connection, `hang` never answers; `tear` and `stall` send the head and a first byte, and then the
 * one drops the connection and the other nothing.
 */
export type Answer = { readonly status: number; readonly body: string } | 'reset' | 'hang' | 'tear' | 'stall';

export interface Call {
  readonly action: string;
  /** EC2: the form's fields. SSM: the JSON. */
  readonly input: Readonly<Record<string, unknown>>;
}

type ServiceName = 'ec2' | 'ssm' | 'sqs';

export interface AwsEndpoint {
  readonly url: string;
  /** But for those to SQS. */
  readonly calls: readonly Call[];
  /** Calls to SQS, which takes what it gets where a test says nothing else. */
  readonly queueCalls: readonly Call[];
  /** What a service answers, one after the other; the last one stays. */
  answers(service: ServiceName, ...answers: Answer[]): void;
  reset(): void;
  close(): Promise<void>;
}

export async function startAwsEndpoint(): Promise<AwsEndpoint> {
  const calls: Call[] = [];
  const queueCalls: Call[] = [];
  const queues: Record<ServiceName, Answer[]> = { ec2: [], ssm: [], sqs: [] };
  const server = createServer((request, response) => {
    void respondTo(request, response);
  });

  async function respondTo(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const target = request.headers['x-amz-target'];
    const call = typeof target === 'string' ? jsonCall(target, body) : ec2Call(body);
    const service = serviceOf(target);
    (service === 'sqs' ? queueCalls : calls).push(call);
    const queue = queues[service];
    const planned = queue.length > 1 ? queue.shift() : queue[0];
    const answer = planned ?? (service === 'sqs' ? taken(call) : undefined);
    if (answer === 'hang') return;
    if (answer === undefined || answer === 'reset') {
      request.socket.destroy();
      return;
    }
    const torn = answer === 'tear' || answer === 'stall';
    response.writeHead(torn ? 200 : answer.status, {
      'content-type': typeof target === 'string' ? 'application/x-amz-json-1.1' : 'text/xml;charset=UTF-8',
    });
    if (!torn) response.end(answer.body);
    else response.write(typeof target === 'string' ? '{' : '<');
    if (answer === 'tear') setTimeout(() => request.socket.destroy(), 50);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    queueCalls,
    answers: (service, ...answers) => {
      queues[service] = answers;
    },
    reset: () => {
      calls.length = 0;
      queueCalls.length = 0;
      for (const service of ['ec2', 'ssm', 'sqs'] as const) queues[service] = [];
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function serviceOf(target: string | string[] | undefined): ServiceName {
  if (typeof target !== 'string') return 'ec2';
  return target.startsWith('AmazonSQS.') ? 'sqs' : 'ssm';
}

function jsonCall(target: string, body: string): Call {
  return { action: target.replace(/^\w+\./, ''), input: JSON.parse(body) };
}

function taken({ input }: Call): Answer {
  const entries = (input.Entries ?? []) as { Id: string }[];
  const successful = entries.map(({ Id }) => ({ Id, MessageId: 'm', MD5OfMessageBody: 'x' }));
  return { status: 200, body: JSON.stringify({ Successful: successful, Failed: [] }) };
}

function ec2Call(body: string): Call {
  const { Action: action = '', ...input } = Object.fromEntries(new URLSearchParams(body));
  return { action, input };
}

/** Only what is given is there: an instance without `state` has no such element. */
export interface DescribedInstance {
  readonly instanceId?: string;
  readonly state?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export function described(
  reservations: readonly (readonly DescribedInstance[])[],
  nextToken?: string,
): Answer {
  const items = reservations.map(
    (instances) =>
      `<item><reservationId>r-1</reservationId><instancesSet>${instances.map(instanceXml).join('')}</instancesSet></item>`,
  );
  const token = nextToken === undefined ? '' : `<nextToken>${escapeXml(nextToken)}</nextToken>`;
  const xml = `<reservationSet>${items.join('')}</reservationSet>${token}`;
  return {
    status: 200,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>${xml}</DescribeInstancesResponse>`,
  };
}

function instanceXml({ instanceId, state, tags }: DescribedInstance): string {
  const id = instanceId === undefined ? '' : `<instanceId>${instanceId}</instanceId>`;
  const name =
    state === undefined ? '' : `<instanceState><code>16</code><name>${state}</name></instanceState>`;
  const items = Object.entries(tags ?? {}).map(
    ([key, value]) => `<item><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></item>`,
  );
  return `<item>${id}${name}${tags === undefined ? '' : `<tagSet>${items.join('')}</tagSet>`}</item>`;
}

export function ec2Fault(code: string, status: number): Answer {
  return {
    status,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>said no</Message></Error></Errors><RequestID>r</RequestID></Response>`,
  };
}

export function commandTaken(commandId = '11111111-2222-3333-4444-555555555555'): Answer {
  return { status: 200, body: JSON.stringify({ Command: { CommandId: commandId, Status: 'Pending' } }) };
}

export function ssmFault(type: string, status = 400): Answer {
  return { status, body: JSON.stringify({ __type: type, message: 'said no' }) };
}

function escapeXml(value: string): string {
  return value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
