// AWS Query, as Auto Scaling and Elastic Load Balancing speak it: a form in, XML out.
import type { JsonObject } from '../../template/template.ts';
import { escapeXml } from './ec2-request.ts';
import type { Answer, Call, Received, ServiceFault } from './service.ts';

export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

const HEADERS = { 'content-type': 'text/xml' };

export function queryProtocol(namespace: string) {
  return {
    denied: { code: 'AccessDenied', status: 403 },
    throttled: { code: 'Throttling', status: 400, message: 'Rate exceeded' },
    broken: 'InternalFailure',
    read({ body }: Received): Call {
      const input = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
      return { action: input.Action ?? '', input };
    },
    ok(action: string, result: { readonly [name: string]: Xml }): Answer {
      const inner = `<${action}Result>${xmlOf(result)}</${action}Result><ResponseMetadata><RequestId>${crypto.randomUUID()}</RequestId></ResponseMetadata>`;
      return {
        status: 200,
        headers: HEADERS,
        body: `<${action}Response xmlns="${namespace}">${inner}</${action}Response>`,
      };
    },
    refuse({ code, message, status }: ServiceFault): Answer {
      const type = status < 500 ? 'Sender' : 'Receiver';
      const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
      return {
        status,
        headers: HEADERS,
        body: `<ErrorResponse xmlns="${namespace}">${error}<RequestId>${crypto.randomUUID()}</RequestId></ErrorResponse>`,
      };
    },
  };
}

/** `PREFIX.member.1` and on. */
export function members(input: JsonObject, prefix: string, rest = ''): string[] {
  const values: string[] = [];
  for (let n = 1; input[`${prefix}.member.${n}${rest}`] !== undefined; n += 1) {
    values.push(String(input[`${prefix}.member.${n}${rest}`]));
  }
  return values;
}

/** Lists are made of `member`s. */
function xmlOf(value: Xml): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((one: Xml) => `<member>${xmlOf(one)}</member>`).join('');
  if (typeof value !== 'object') return escapeXml(String(value));
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => `<${name}>${xmlOf(inner)}</${name}>`)
    .join('');
}
