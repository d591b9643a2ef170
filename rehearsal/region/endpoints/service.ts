// What one AWS service is to the local Region's HTTP server: how it reads a call, which resources the call
// touches, what it answers and how it says no on the wire.
import type { IncomingHttpHeaders } from 'node:http';
import type { Json, JsonObject } from '../../template/template.ts';
import type { DecisiveStatement } from '../iam.ts';

/** A request as it came. */
export interface Received {
  readonly method: string;
  /** Path and query, still encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Call {
  /** The API's name of it. */
  readonly action: string;
  readonly input: JsonObject;
  /** Where it is no text that `input` could hold. */
  readonly body?: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** One resource of a call: IAM judges the call once for each. */
export interface Touched {
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
  /** `SERVICE:ACTION` as IAM has it, where that is not the API's name. */
  readonly action?: string;
  /** The resource's own policy. */
  readonly policy?: Json;
  /** Hears of each statement of `policy` that decided; the caller's own statements go to the caller's listener. */
  readonly onDecided?: (statement: DecisiveStatement) => void;
}

/** Whether the caller of a call may do something else, too: some answers depend on it. */
export type May = (touched: Touched) => Promise<boolean>;

export interface Service {
  /** As in the SigV4 credential scope. */
  readonly name: string;
  read(request: Received): Call;
  touches(call: Call): readonly Touched[];
  /** Throws ServiceFault for what AWS would refuse. */
  answer(call: Call, may: May): Promise<Answer>;
  refuse(fault: ServiceFault): Answer;
  readonly denied: { readonly code: string; readonly status: number };
  readonly throttled: { readonly code: string; readonly status: number; readonly message: string };
  /** The code of a fault of the service's own. Its status is 500. */
  readonly broken: string;
}

/** An error of the service's own, in its wire shape: `code` and HTTP `status` as AWS sets them. */
export class ServiceFault extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'ServiceFault';
    this.code = code;
    this.status = status;
  }
}

/** A list of strings of an input; empty where there is none. */
export const strings = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Where services differ within AWS JSON. */
interface JsonDialect {
  readonly version: '1.0' | '1.1';
  /** The member of an error that holds its message, where it has one. */
  readonly message: 'message' | 'Message';
  /** By the type of an error: its code in the query protocol that the service spoke before. */
  readonly queryCodes?: ReadonlyMap<string, string>;
}

/** AWS JSON: the action is the last part of X-Amz-Target, errors carry `__type`. */
export function jsonProtocol({ version, message: messageKey, queryCodes }: JsonDialect) {
  const headers = { 'content-type': `application/x-amz-json-${version}` };
  return {
    read({ headers: sent, body }: Received): Call {
      const action =
        String(sent['x-amz-target'] ?? '')
          .split('.')
          .at(-1) ?? '';
      return { action, input: JSON.parse(body.toString('utf8') || '{}') as JsonObject };
    },
    ok: (output: object): Answer => ({ status: 200, headers, body: JSON.stringify(output) }),
    refuse({ code, message, status }: ServiceFault): Answer {
      const queryCode = queryCodes?.get(code);
      const sender = status < 500 ? 'Sender' : 'Receiver';
      return {
        status,
        headers:
          queryCode === undefined ? headers : { ...headers, 'x-amzn-query-error': `${queryCode};${sender}` },
        body: JSON.stringify({ __type: code, ...(message === '' ? {} : { [messageKey]: message }) }),
      };
    },
  };
}
