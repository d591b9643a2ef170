// One loopback HTTP server for all AWS services of the local Region. It tells them apart by the SigV4 credential
// scope, judges each call by the caller's policies and plays the faults that a scenario has planted.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAllowed, type Policies } from '../iam.ts';
import type { Rates } from '../rates.ts';
import { type Answer, type Call, type Service, ServiceFault, type Touched } from './service.ts';

export interface Principal {
  /** Who it is in the rehearsal: the part of SpotGuard, or `instance`. */
  readonly by: string;
  readonly arn: string;
  readonly account: string;
  readonly policies: Policies;
  /** Condition keys that each of its calls has, such as `ec2:SourceInstanceARN` of an instance's role. */
  readonly context?: Readonly<Record<string, string>>;
}

export interface PlantedFault {
  readonly service: string;
  readonly action: string;
  /** Whose calls; those of `respond` where absent. */
  readonly of?: string;
  /** `answer`: HTTP 200 with the body `answer`. */
  readonly kind: 'throttle' | 'error' | 'deny' | 'hang' | 'reset' | 'answer';
  readonly answer?: string;
  /** How many calls of the action it hits; every call where absent. */
  readonly first?: number;
  /** The service does what it was asked for; only its answer is lost. */
  readonly taken?: boolean;
}

export interface ApiCall {
  readonly by: string;
  readonly service: string;
  readonly action: string;
  readonly allowed: boolean;
  readonly ms: number;
  readonly status: number;
}

export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

export interface EndpointOptions {
  readonly region: string;
  readonly services: readonly Service[];
  /** By access key id. */
  readonly principals: ReadonlyMap<string, Principal>;
  readonly faults: readonly PlantedFault[];
  /** None is throttled where absent. */
  readonly rates?: Rates;
  readonly onCall: (call: ApiCall) => void;
  /** A call that cannot be judged or answered at all: a fault of the template or of this stand-in. */
  readonly onFault: (fault: string) => void;
}

const CREDENTIAL = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request,/;

export async function openEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const played = new Map<PlantedFault, number>();
  const server = createServer((request, response) => {
    const started = performance.now();
    respond(request, response, options, played, started).catch((error: unknown) => {
      const body = error instanceof Error ? error.message : String(error);
      options.onFault(body);
      response.writeHead(500, { 'content-type': 'text/plain' }).end(body);
    });
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

/** On a free loopback port, which it returns. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Open connections included: a caller that hangs must not hold the end of the rehearsal. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

export async function readBody(request: IncomingMessage): Promise<string> {
  return (await readBytes(request)).toString('utf8');
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: EndpointOptions,
  played: Map<PlantedFault, number>,
  started: number,
): Promise<void> {
  const body = await readBytes(request);
  const credential = CREDENTIAL.exec(request.headers.authorization ?? '');
  if (!credential) {
    response.writeHead(403).end('MissingAuthenticationToken: the request is not signed with SigV4');
    return;
  }
  const [, keyId = '', region = '', scope = ''] = credential;
  const service = options.services.find(({ name }) => name === scope);
  const principal = options.principals.get(keyId);
  if (!service || !principal || region !== options.region) {
    const reason = !service
      ? `no service ${scope} here`
      : !principal
        ? 'unknown access key'
        : `wrong Region ${region}`;
    response.writeHead(403).end(`UnrecognizedClientException: ${reason}`);
    return;
  }
  const { method = '', url = '', headers } = request;
  const call = service.read({ method, url, headers, body });
  const done = (allowed: boolean, status: number): void =>
    options.onCall({
      by: principal.by,
      service: scope,
      action: call.action,
      allowed,
      status,
      ms: round(performance.now() - started),
    });

  const refused = await firstRefused(service, call, principal);
  const allowed = refused === undefined;
  const planted = nextFault(options.faults, played, principal.by, scope, call.action);
  const isInTime = options.rates?.take(`${scope}:${call.action}`) ?? true;
  const fault = planted ?? (isInTime ? undefined : { ...call, service: scope, kind: 'throttle' as const });
  if (fault?.taken) await decide(service, call, principal, refused, undefined);
  if (fault?.kind === 'reset') {
    done(allowed, 0);
    request.socket.resetAndDestroy();
    return;
  }
  if (fault?.kind === 'hang') {
    done(allowed, 0);
    return;
  }
  const answer = await decide(service, call, principal, refused, fault);
  done(allowed, answer.status);
  response
    .writeHead(answer.status, { ...answer.headers, 'x-amzn-requestid': crypto.randomUUID() })
    .end(answer.body);
}

async function decide(
  service: Service,
  call: Call,
  principal: Principal,
  refused: Touched | undefined,
  fault: PlantedFault | undefined,
): Promise<Answer> {
  try {
    if (fault?.kind === 'throttle') {
      const { code, message, status } = service.throttled;
      throw new ServiceFault(code, message, status);
    }
    if (fault?.kind === 'deny') {
      throw new ServiceFault(service.denied.code, 'Access Denied', service.denied.status);
    }
    if (fault?.kind === 'error') throw new ServiceFault(service.broken, 'An internal error occurred.', 500);
    if (refused !== undefined) {
      const { code, status } = service.denied;
      const what = `${iamAction(service, call, refused)} on resource: ${refused.resource}`;
      throw new ServiceFault(code, `User: ${principal.arn} is not authorized to perform: ${what}`, status);
    }
    if (fault?.kind === 'answer') return { status: 200, headers: {}, body: fault.answer ?? '' };
    return await service.answer(call, (touched) => isTouchAllowed(service, call, touched, principal));
  } catch (error) {
    if (error instanceof ServiceFault) return service.refuse(error);
    throw error;
  }
}

async function firstRefused(
  service: Service,
  call: Call,
  principal: Principal,
): Promise<Touched | undefined> {
  for (const touched of service.touches(call)) {
    if (!(await isTouchAllowed(service, call, touched, principal))) return touched;
  }
  return undefined;
}

function isTouchAllowed(
  service: Service,
  call: Call,
  touched: Touched,
  { arn, account, policies, context: own = {} }: Principal,
): Promise<boolean> {
  const { resource, context = {}, policy } = touched;
  const request = {
    principal: arn,
    account,
    action: iamAction(service, call, touched),
    resource,
    context: { ...own, ...context },
  };
  return isAllowed(request, {
    ...policies,
    ...(policy === undefined ? {} : { resource: policy }),
    onDecided: (statement) =>
      (statement.policy === null ? touched.onDecided : policies.onDecided)?.(statement),
  });
}

const iamAction = ({ name }: Service, { action }: Call, touched: Touched): string =>
  touched.action ?? `${name}:${action}`;

function nextFault(
  faults: readonly PlantedFault[],
  played: Map<PlantedFault, number>,
  by: string,
  service: string,
  action: string,
): PlantedFault | undefined {
  for (const fault of faults) {
    if (fault.service !== service || fault.action !== action || (fault.of ?? 'respond') !== by) continue;
    const count = played.get(fault) ?? 0;
    if (fault.first !== undefined && count >= fault.first) continue;
    played.set(fault, count + 1);
    return fault;
  }
  return undefined;
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
