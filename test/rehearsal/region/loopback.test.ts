// No client of a rehearsal reaches a host that is not loopback: what tries is refused and written down.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Instance } from '../../../rehearsal/machine/instance.ts';
import { loopbackNodeOptions } from '../../../rehearsal/region/function-host.ts';
import { temporaryFolder, thisHost } from '../world.ts';

const folder = temporaryFolder();
const violations = join(folder, 'violations');
const root = join(folder, 'instance');
mkdirSync(root);
const instance = new Instance('i-00000000', root, thisHost(), violations);

function hosts(): string[] {
  const text = readFileSync(violations, 'utf8');
  writeFileSync(violations, '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).host);
}

function run(program: string, args: readonly string[], input?: string) {
  writeFileSync(violations, '');
  const env = { PATH: instance.path, NODE_OPTIONS: loopbackNodeOptions, REHEARSAL_VIOLATIONS: violations };
  const { status, stdout, stderr } = spawnSync(program, args, {
    env,
    encoding: 'utf8',
    timeout: 20_000,
    ...(input === undefined ? {} : { input }),
  });
  return { status, stdout, stderr };
}

describe('a Node process', () => {
  const scripts = [
    {
      name: 'fetch of a name',
      script: `await fetch('http://ec2.us-east-1.amazonaws.com/').catch(() => {})`,
      host: 'ec2.us-east-1.amazonaws.com',
    },
    {
      name: 'fetch of an address',
      script: `await fetch('http://192.0.2.1/').catch(() => {})`,
      host: '192.0.2.1',
    },
    {
      name: 'net.connect',
      script: `import net from 'node:net'; net.connect(80, '192.0.2.2').on('error', () => {})`,
      host: '192.0.2.2',
    },
    {
      name: 'tls.connect',
      script: `import tls from 'node:tls'; tls.connect({ host: '192.0.2.3', port: 443 }).on('error', () => {})`,
      host: '192.0.2.3',
    },
    {
      name: 'https.get',
      script: `import { get } from 'node:https'; get('https://192.0.2.4/').on('error', () => {})`,
      host: '192.0.2.4',
    },
    {
      name: 'a look-up',
      script: `import { lookup } from 'node:dns/promises'; await lookup('example.com').catch(() => {})`,
      host: 'example.com',
    },
    {
      name: 'a resolver',
      script: `import { resolve4 } from 'node:dns/promises'; try { await resolve4('example.com') } catch {}`,
      host: 'example.com',
    },
    {
      name: 'a datagram',
      script: `import d from 'node:dgram'; const s = d.createSocket('udp4'); try { s.send('x', 53, '192.0.2.5') } catch {} s.close()`,
      host: '192.0.2.5',
    },
  ];
  it.each(scripts)('is caught at $name', ({ script, host }) => {
    expect(run(process.execPath, ['--input-type=module', '-e', script])).toMatchObject({ status: 0 });
    expect(hosts()).toContain(host);
  });

  it('reaches loopback', () => {
    const script = `import { createServer } from 'node:http';
      const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1', async () => {
        for (const host of ['127.0.0.1', 'localhost']) {
          const port = server.address().port;
          await fetch(\`http://\${host}:\${port}/\`).then((r) => r.text()).then(console.log, (e) => host === 'localhost' || console.log(e));
        }
        server.closeAllConnections(); server.close();
      });`;
    expect(run(process.execPath, ['--input-type=module', '-e', script]).stdout).toContain('hello');
    expect(hosts()).toEqual([]);
  });
});

describe('a Python process of the sandbox', () => {
  const connect = 'import socket; socket.create_connection(("192.0.2.6", 80))';
  const python = (...args: string[]) => run(join(root, 'bin', 'python3'), args);

  it("is caught, with the interpreter's flags kept", () => {
    for (const flags of [[], ['-I'], ['-I', '-S', '-B'], ['-W', 'error']]) {
      const { status, stderr } = python(...flags, '-c', connect);
      expect({ status, refused: stderr.includes('not loopback') }).toEqual({ status: 1, refused: true });
      expect(hosts()).toContain('192.0.2.6');
    }
    expect(python('-I', '-S', '-c', 'import sys; print(sys.flags.isolated, sys.flags.no_site)').stdout).toBe(
      '1 1\n',
    );
    expect(python('-Ic', 'import sys; print(sys.flags.isolated, sys.argv)').stdout).toBe("1 ['-c']\n");
  });

  it('is caught in its children, by name or by sys.executable', () => {
    for (const name of ['sys.executable', '"python3"']) {
      python(
        '-c',
        `import subprocess, sys; subprocess.run([${name}, "-I", "-c", ${JSON.stringify(connect)}])`,
      );
      expect(hosts()).toContain('192.0.2.6');
    }
    python('-c', `import os\nif os.fork() == 0:\n  ${connect}\nelse: os.wait()`);
    expect(hosts()).toContain('192.0.2.6');
    python('-c', 'import socket; socket.getaddrinfo("example.com", 80)');
    expect(hosts()).toContain('example.com');
  });

  it('runs scripts, modules and standard input as if called directly', () => {
    const script = join(folder, 'script.py');
    writeFileSync(join(folder, 'beside.py'), 'WORD = "beside"\n');
    writeFileSync(script, 'import sys, beside\nprint(__name__, sys.argv[1:], beside.WORD)\nsys.exit(7)\n');
    expect(python(script, 'a', '-c')).toMatchObject({ status: 7, stdout: "__main__ ['a', '-c'] beside\n" });
    expect(python('-m', 'json.tool', '--help').stdout).toContain('json.tool');
    expect(run(join(root, 'bin', 'python3'), ['-', 'x'], 'import sys; print(sys.argv)').stdout).toBe(
      "['-', 'x']\n",
    );
    expect(python('--version').stdout).toMatch(/^Python 3\./);
    const local =
      'import socket; s = socket.create_server(("127.0.0.1", 0)); socket.create_connection(s.getsockname()); print("ok")';
    expect(python('-c', local).stdout).toBe('ok\n');
    expect(hosts()).toEqual([]);
  });
});
