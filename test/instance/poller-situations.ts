// What a poller of the metadata service may meet, and what it must take it for.
import type { Metadata, MetadataFault } from '../../rehearsal/machine/metadata.ts';
import type { Poller } from './poller.ts';

interface Situation {
  readonly name: string;
  readonly arrange: (service: Metadata) => void;
  /** In this situation alone. */
  readonly fault?: MetadataFault;
  readonly seen: string;
}

const DEADLINE = Math.floor(Date.now() / 1000) + 110;
const TIME = timeOf(DEADLINE);
const NOTICE = JSON.stringify({ action: 'terminate', time: TIME });
const SEEN = `terminate at ${DEADLINE}, clock +0 s`;

/** As EC2 writes it. */
function timeOf(epoch: number): string {
  return new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
}

/** There is a notice, and this is in its way. */
const fault = (name: string, planted: MetadataFault, seen = 'unknown'): Situation => ({
  name,
  arrange: (service) => service.announce('terminate', TIME),
  fault: { on: /instance-action/, ...planted },
  seen,
});
const body = (name: string, text: string): Situation => fault(name, { kind: 'body', body: text });
const notice = (name: string, action: string, time: string, seen = 'unknown'): Situation => ({
  name,
  arrange: (service) => service.announce(action, time),
  seen,
});

/** In this order: the first finds a poller without a token. */
export const SITUATIONS: readonly Situation[] = [
  fault('no token is granted', { kind: 'status', status: 403, on: /^PUT/ }),
  fault('a token that would be two headers', { kind: 'body', body: 'a\r\nb: c', on: /^PUT/ }),
  fault('a token in other letters', { kind: 'body', body: 'ключ', on: /^PUT/ }),
  fault('an empty token', { kind: 'body', body: '', on: /^PUT/ }),
  { name: 'no notice', arrange: () => undefined, seen: 'none' },
  notice('a notice', 'terminate', TIME, SEEN),
  notice('the same notice', 'terminate', TIME, SEEN),
  notice('a stop', 'stop', TIME, `stop at ${DEADLINE}, clock +0 s`),
  notice('a hibernation', 'hibernate', TIME, `hibernate at ${DEADLINE}, clock +0 s`),
  notice('an action that is not known', 'reboot', TIME),
  notice('a time an hour ago', 'terminate', timeOf(DEADLINE - 3600)),
  notice('a time an hour ahead', 'terminate', timeOf(DEADLINE + 3600)),
  notice('a time with a fraction', 'terminate', TIME.replace('Z', '.000Z')),
  notice('a time of no day', 'terminate', TIME.replace(/-\d\dT/, '-32T')),
  {
    name: 'a notice after all tokens expired',
    arrange: (service) => {
      service.expireTokens();
      service.announce('terminate', TIME);
    },
    seen: SEEN,
  },
  {
    name: 'tokens that expired, and no others',
    arrange: (service) => {
      service.expireTokens();
      service.announce('terminate', TIME);
    },
    fault: { kind: 'status', status: 503, on: /^PUT/ },
    seen: 'unknown',
  },
  {
    name: 'a clock of this machine that is 5 minutes ahead',
    arrange: (service) => {
      service.setClockAhead(-300);
      service.announce('terminate', timeOf(DEADLINE - 300));
    },
    seen: `terminate at ${DEADLINE - 300}, clock +300 s`,
  },
  {
    name: 'a clock of this machine that is an hour behind',
    arrange: (service) => {
      service.setClockAhead(3600);
      service.announce('terminate', timeOf(DEADLINE + 3600));
    },
    seen: `terminate at ${DEADLINE + 3600}, clock -3600 s`,
  },
  fault('404 with the notice as its body', { kind: 'status', status: 404, body: NOTICE }, 'none'),
  ...[204, 302, 400, 403, 500, 502].map((status) =>
    fault(`HTTP ${status}`, { kind: 'status', status, body: NOTICE }),
  ),
  fault('HTTP 429', { kind: 'status', status: 429 }, 'throttled'),
  fault('HTTP 503', { kind: 'status', status: 503 }, 'throttled'),
  fault('HTTP 200 with the page of a 404', { kind: 'html' }),
  fault('half a body', { kind: 'half' }),
  fault('half of what it says, a notice', { kind: 'half', body: NOTICE + ' '.repeat(NOTICE.length) }),
  fault('an answer in chunks', { kind: 'chunked' }),
  fault('an answer that is late', { kind: 'slow', ms: 600 }),
  fault('an answer byte by byte', { kind: 'trickle', ms: 2 }),
  fault('no answer', { kind: 'hang' }),
  fault('a connection that is reset', { kind: 'reset' }),
  fault('a megabyte', { kind: 'huge', bytes: 1_000_000 }),
  fault('bytes that are no HTTP', { kind: 'notHttp' }),
  body('nothing', ''),
  body('an empty map', '{}'),
  body('a list', `[${NOTICE}]`),
  body('a text', '"terminate"'),
  body('no time', '{"action":"terminate"}'),
  body('a time that is a number', `{"action":"terminate","time":${DEADLINE}}`),
  body('an action that is a list', `{"action":["terminate"],"time":"${TIME}"}`),
  body('lists nested deep', '['.repeat(50_000)),
  body('a time in other digits', NOTICE.replace('20', '٢٠')),
];

/** In which the poller is wrong, with what it saw; after the first the rest is left out if `stop`. */
export async function differences({ service, poll }: Poller, stop: boolean): Promise<string[]> {
  const found: string[] = [];
  for (const { name, arrange, fault: planted, seen } of SITUATIONS) {
    arrange(service);
    const takeOut = planted && service.plant(planted);
    const got = await poll();
    takeOut?.();
    service.withdraw();
    service.setClockAhead(0);
    if (got.seen !== seen) found.push(`${name}: ${got.seen}, not ${seen}`);
    if (stop && found.length > 0) break;
  }
  return found;
}
