// The report that the guard leaves in S3, as built: where, signed, after which plan, and what S3 cannot hold up.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METADATA_VARIABLE, PATHS } from '../../contract/instance.ts';
import type { Settings } from '../../contract/tags.ts';
import type { Metadata } from '../../rehearsal/machine/metadata.ts';
import { bySdk } from './by-sdk.ts';
import { exits, GRACEFUL, INSTANCE_ID, type Machine, until } from './machine.ts';
import { ROLE, TAGS, withService } from './served.ts';

const BUCKET = 'my-reports';
const TRIGGER = join(import.meta.dirname, '../../dist/instance/trigger.pyz');
const INSTANCE = `arn%3Aaws%3Aec2%3Aeu-central-1%3A123456789012%3Ainstance/${INSTANCE_ID}`;

interface Put {
  readonly request: IncomingMessage;
  readonly body: string;
}

/** Beside the metadata service S3, which gives `answer` to each request. */
const withS3 = (
  body: (machine: Machine, puts: readonly Put[], metadata: Metadata) => Promise<void>,
  { answer = (response: ServerResponse) => response.end() as unknown, role = true } = {},
) =>
  withService(
    async (machine, metadata) => {
      const puts: Put[] = [];
      const s3 = createServer(async (request, response) => {
        let text = '';
        for await (const chunk of request) text += chunk;
        puts.push({ request, body: text });
        answer(response);
      });
      await new Promise<void>((resolve) => s3.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(s3.address() as AddressInfo).port}`;
      machine.endpoints = { [METADATA_VARIABLE]: metadata.url, AWS_ENDPOINT_URL_S3: url };
      try {
        await body(machine, puts, metadata);
      } finally {
        s3.closeAllConnections();
        s3.close();
      }
    },
    { tags: TAGS, ...(role ? { role: ROLE } : {}) },
  );

const warnings = (machine: Machine) =>
  machine
    .journal()
    .filter(({ phase }) => phase === 'warning')
    .map(({ note }) => note);

/** The runner has done with it when it waits for the machine to be taken, or has left. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 1_000));

describe.concurrent('the report in S3', { timeout: 40_000 }, () => {
  it(
    'is what the step prints, at the key of this instance and this run, signed as the SDK signs',
    withS3(async (machine, puts) => {
      machine.reports = BUCKET;
      machine.hook('save', 'ok', '#!/bin/sh\n');
      const ends = await machine.run(machine.notices(20));
      expect(exits(ends)).toEqual(GRACEFUL);
      await until(() => puts.length > 0);
      const [{ request, body } = { request: {} as IncomingMessage, body: '' }] = puts;
      expect(`${body}\n`).toBe(ends.at(-1)?.stdout);
      const [run] = /\d{10}(?=\.json$)/.exec(request.url ?? '') ?? [];
      expect(request.url).toBe(`/${BUCKET}/reports/${INSTANCE}/${run}.json`);
      expect(machine.exists(`${PATHS.runs}/${run}/journal.jsonl`)).toBe(true);
      const { headers } = request;
      expect(headers.authorization).toBe(
        await bySdk({
          keyId: ROLE.accessKeyId,
          secret: ROLE.secretAccessKey,
          token: ROLE.token,
          type: headers['content-type'] ?? '',
          region: 'eu-central-1',
          host: headers.host ?? '',
          body,
          at: String(headers['x-amz-date']),
          service: 's3',
          method: 'PUT',
          path: request.url ?? '',
        }),
      );
      await settled();
      expect([puts.length, warnings(machine)]).toEqual([1, []]);
    }),
  );

  it(
    'is left by the plan of the watcher too, in the bucket that the stack told the installed guard',
    withS3(async (machine, puts, metadata) => {
      machine.file(PATHS.defaults, JSON.stringify({ reports: 'of-the-stack' }), 0o600);
      machine.hook('save', 'ok', '#!/bin/sh\n');
      const watcher = machine.guard(['watch'], metadata.url);
      metadata.announce('terminate', `${new Date(Date.now() + 20_000).toISOString().slice(0, 19)}Z`);
      await until(() => puts.length > 0);
      watcher.kill('SIGKILL');
      expect(puts[0]?.request.url).toMatch(new RegExp(`^/of-the-stack/reports/${INSTANCE}/\\d{10}\\.json$`));
      expect(JSON.parse(puts[0]?.body ?? '')).toMatchObject({ instanceId: INSTANCE_ID, result: 'graceful' });
    }),
  );

  it(
    'keeps no step waiting where S3 hangs, and that fails nothing',
    withS3(
      async (machine, puts) => {
        machine.reports = BUCKET;
        machine.hook('save', 'ok', '#!/bin/sh\n');
        const ends = await machine.run(machine.notices(30));
        expect(exits(ends)).toEqual(GRACEFUL);
        const [clean, report] = ends.slice(-2).map(({ ended }) => ended);
        expect((report ?? 0) - (clean ?? 0)).toBeLessThan(1.5);
        expect(warnings(machine)).toEqual([]);
        await until(() => warnings(machine).length > 0);
        const lines = machine.journal();
        const [ended, warning] = ['ended', 'warning'].map((phase) =>
          lines.find((line) => line.phase === phase),
        );
        expect((warning?.t ?? 0) - (ended?.t ?? 0)).toBeLessThan(5.3);
        expect([puts.length, warnings(machine)]).toEqual([
          3,
          [expect.stringMatching(/^the report is not left in 'my-reports': S3 at .* does not answer/)],
        ]);
        expect(exits([await machine.step('report', machine.notices(10))])).toEqual(['report 0']);
      },
      { answer: () => undefined },
    ),
  );

  it(
    'is refused in one line that names the status and the code, and what mends it',
    withS3(
      async (machine, puts) => {
        machine.reports = BUCKET;
        machine.hook('save', 'ok', '#!/bin/sh\n');
        await machine.run(machine.notices(20));
        await until(() => warnings(machine).length > 0);
        expect([puts.length, warnings(machine)]).toEqual([
          1,
          [expect.stringMatching(/: S3 answers HTTP 403: AccessDenied; attach the stack's instance policy/)],
        ]);
      },
      { answer: (response) => response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>') },
    ),
  );

  it(
    'is not that of a rehearsal',
    withS3(async (machine, puts, metadata) => {
      machine.file(PATHS.defaults, JSON.stringify({ reports: BUCKET }), 0o600);
      const { stdout } = await machine.call(['run', '--rehearse', '--window', '8'], metadata.url);
      expect(stdout).toMatch(/\nempty, \S+ s to spare/);
      expect([puts.length, warnings(machine)]).toEqual([0, []]);
    }),
  );

  it(
    'is nowhere for a caller of old, whatever the settings say, and where there is no role',
    withS3(
      async (machine, puts, metadata) => {
        machine.hook('save', 'ok', '#!/bin/sh\n');
        machine.endpoints = { ...machine.endpoints, AWS_SSM_INSTANCE_ID: INSTANCE_ID };
        const notices = machine.notices(10, 'terminate', { reports: BUCKET } as Settings);
        for (const step of ['accept', 'drain', 'save', 'clean', 'report']) {
          expect(await machine.call(['step', step, notices], metadata.url, TRIGGER)).toMatchObject({
            exit: 0,
          });
        }
        await settled();
        expect([puts.length, warnings(machine)]).toEqual([0, []]);
        machine.reports = BUCKET;
        await machine.run(machine.notices(300));
        await settled();
        expect([puts.length, warnings(machine)]).toEqual([0, []]);
      },
      { role: false },
    ),
  );
});

describe.concurrent('the bytes that hooks say they saved', { timeout: 20_000 }, () => {
  it(
    'are added up in the report; what is no number counts as nothing and is a warning',
    withS3(async (machine) => {
      machine.hook('drain', 'a', '#!/bin/sh\necho 5 > "$SPOT_GUARD_SAVED"\n');
      machine.hook('save', 'b', '#!/bin/sh\nstat -c %s "$0" > "$SPOT_GUARD_SAVED"\n');
      machine.hook('save', 'c', '#!/bin/sh\necho 5 MB > "$SPOT_GUARD_SAVED"\n');
      machine.hook('clean', 'd', '#!/bin/sh\n');
      const ends = await machine.run(machine.notices(10));
      expect(JSON.parse(ends.at(-1)?.stdout ?? '')).toMatchObject({
        bytesSaved: 53,
        warnings: 1,
        result: 'graceful',
      });
      expect(warnings(machine)).toEqual([
        "what c says that it saved does not count: got b'5 MB', not a number of bytes",
      ]);
    }),
  );
});
