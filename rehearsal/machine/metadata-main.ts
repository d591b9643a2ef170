// The metadata service as a process, for programs that may not import it: its URL on stdout, then a JSON line on stdin
// for each thing to do, answered by a line when it is done. It ends with its stdin.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type MetadataFault, openMetadata } from './metadata.ts';

interface Order {
  readonly announce?: { readonly action: string; readonly time: string };
  readonly withdraw?: true;
  readonly recommend?: string;
  /** null turns tags in metadata off. */
  readonly tags?: Readonly<Record<string, string>> | null;
  readonly expireTokens?: true;
  readonly clockAhead?: number;
  /** A kind that needs nothing more, or a whole fault with `on` as text. null takes all out. */
  readonly fault?: string | (Omit<MetadataFault, 'on'> & { readonly on?: string }) | null;
}

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    'instance-id': { type: 'string', default: 'i-0123456789abcdef0' },
    region: { type: 'string', default: 'us-east-1' },
    tags: { type: 'string' },
  },
});
const service = await openMetadata({
  host: values.host,
  port: Number(values.port),
  instanceId: values['instance-id'],
  region: values.region,
  ...(values.tags === undefined ? {} : { tags: JSON.parse(values.tags) as Record<string, string> }),
});
const planted: (() => void)[] = [];
process.stdout.write(`${service.url}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order;
  if (order.announce) service.announce(order.announce.action, order.announce.time);
  if (order.withdraw) service.withdraw();
  if (order.recommend !== undefined) service.recommend(order.recommend);
  if (order.tags !== undefined) service.setTags(order.tags ?? undefined);
  if (order.expireTokens) service.expireTokens();
  if (order.clockAhead !== undefined) service.setClockAhead(order.clockAhead);
  if (order.fault === null) for (const takeOut of planted.splice(0)) takeOut();
  else if (order.fault !== undefined) planted.push(service.plant(faultOf(order.fault)));
  // Epoch milliseconds: from here on the service answers so.
  process.stdout.write(`${JSON.stringify({ done: Date.now() })}\n`);
}
await service.close();

function faultOf(fault: NonNullable<Order['fault']>): MetadataFault {
  if (typeof fault === 'string') return { kind: fault } as MetadataFault;
  const { on, ...rest } = fault;
  return { ...rest, ...(on === undefined ? {} : { on: new RegExp(on) }) } as MetadataFault;
}
