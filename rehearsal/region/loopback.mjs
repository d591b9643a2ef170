// Preloaded into every Node process of a rehearsal: no client may reach a host that is not loopback.
// An attempt is written down for the verdict and refused.

import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const isLoopback = (host) =>
  host === undefined ||
  host === null ||
  host === '' ||
  /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(String(host));

function refuse(host) {
  const file = process.env.REHEARSAL_VIOLATIONS;
  if (file)
    appendFileSync(file, `${JSON.stringify({ host: String(host), by: process.argv[1] ?? 'node' })}\n`);
  return Object.assign(new Error(`the rehearsal refuses a connection to ${host}: not loopback`), {
    code: 'ENETUNREACH',
  });
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host =
    typeof first === 'object' && first !== null
      ? first.path
        ? undefined
        : first.host
      : typeof first === 'number' && typeof args[1] === 'string'
        ? args[1]
        : undefined;
  if (isLoopback(host)) return connect.apply(this, args);
  const error = refuse(host);
  // Not at once: a client attaches its error handler only after the call.
  setImmediate(() => this.destroy(error));
  return this;
};

const lookup = dns.lookup;
dns.lookup = (host, ...rest) => {
  if (isLoopback(host) || net.isIP(host)) return lookup(host, ...rest);
  rest.at(-1)(refuse(host));
};
const lookupPromise = dns.promises.lookup;
dns.promises.lookup = async (host, ...rest) => {
  if (!isLoopback(host) && !net.isIP(host)) throw refuse(host);
  return lookupPromise(host, ...rest);
};
for (const owner of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  for (const name of Object.getOwnPropertyNames(owner).filter((key) => /^resolve/.test(key))) {
    owner[name] = (host) => {
      throw refuse(host);
    };
  }
}
const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function (...args) {
  const host = args.slice(1).find((argument) => typeof argument === 'string');
  if (!isLoopback(host)) throw refuse(host);
  return send.apply(this, args);
};
syncBuiltinESMExports();
