// IMDSv2 as the service speaks it: a token first, then what lies at a path.
import type { IncomingMessage } from 'node:http';
import { type Answer, page, plain } from './metadata-answer.ts';
import { readTtl, type Tokens } from './metadata-tokens.ts';
import { type Facts, look } from './metadata-tree.ts';

const TOKEN_PATH = '/latest/api/token';
const TTL_HEADER = 'X-Aws-Ec2-Metadata-Token-Ttl-Seconds';

export function answerTo(request: IncomingMessage, facts: Facts, tokens: Tokens): Answer {
  const { method, url = '', headers } = request;
  const [path = ''] = url.split('?');
  if (path === TOKEN_PATH) {
    return method === 'PUT' ? grant(headers, tokens) : page(405, { Allow: 'OPTIONS, PUT' });
  }
  if (method !== 'GET') return page(405, { Allow: 'GET' });
  const left = tokens.secondsLeft(headers['x-aws-ec2-metadata-token']);
  // Before the path is looked at: without a token nobody learns what there is.
  if (left === undefined) return page(401);
  return withTtl(textAt(facts, path), left);
}

function grant(headers: IncomingMessage['headers'], tokens: Tokens): Answer {
  // Whoever asks through a proxy is not on the instance.
  if ('x-forwarded-for' in headers) return page(403);
  const seconds = readTtl(headers['x-aws-ec2-metadata-token-ttl-seconds']);
  return seconds === undefined ? page(400) : withTtl(plain(tokens.grant(seconds)), seconds);
}

function textAt(facts: Facts, path: string): Answer {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return page(400);
  }
  const text = look(facts, decoded);
  return text === undefined ? page(404) : plain(text);
}

/** What the token has left. */
const withTtl = (answer: Answer, seconds: number): Answer => ({
  ...answer,
  headers: { ...answer.headers, [TTL_HEADER]: String(seconds) },
});
