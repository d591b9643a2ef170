// The watcher's poll against all that the metadata service may say, and that each known wrong poller is found out.
import { describe, expect, it } from 'vitest';
import { type Edit, type Poller, polling } from './poller.ts';
import { differences } from './poller-situations.ts';

const metadata = (from: string, to: string): Edit => ({ file: 'metadata.py', from, to });
const sighting = (from: string, to: string): Edit => ({ file: 'sighting.py', from, to });
const IN_TWO_MINUTES = 'time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 120))';
const A_NOTICE = `return {"action": "terminate", "time": ${IN_TWO_MINUTES}}`;
const OTHER_STATUS = 'return Unknown(f"HTTP {answer.status}", throttled=answer.status in THROTTLED)';

const WRONG: readonly (readonly [string, Edit])[] = [
  [
    'counts the body of a 404 as a notice',
    sighting(
      'if answer.status == 404:\n        return Absent()\n    if answer.status != 200:',
      'if answer.status not in (200, 404):',
    ),
  ],
  ['takes all but 404 for a notice', sighting(OTHER_STATUS, A_NOTICE)],
  ['takes any 200 for a notice', sighting('return Unknown("HTTP 200 without JSON")', A_NOTICE)],
  ['takes a 404 for unknown', sighting('return Absent()', 'return Unknown("HTTP 404")')],
  ['does not see that it is throttled', sighting('answer.status in THROTTLED', 'False')],
  ['asks by IMDSv1', metadata('{"X-aws-ec2-metadata-token": self._token}', '{}')],
  ['sends its token in another header', metadata('"X-aws-ec2-metadata-token"', '"X-aws-ec2-token"')],
  ['asks for a token with GET', metadata('"PUT", TOKEN_PATH', '"GET", TOKEN_PATH')],
  [
    'asks for no time to live',
    metadata('{"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}', '{}'),
  ],
  ['asks for a longer life than there is', metadata('TOKEN_SECONDS = 21600', 'TOKEN_SECONDS = 86400')],
  ['takes any text for a token', metadata('and token.isascii()', 'and token')],
  ['never renews a token that is refused', metadata('if answer.status == UNAUTHORIZED:', 'if False:')],
  ['asks with HEAD', metadata('"GET", path', '"HEAD", path')],
  ['polls termination-time', sighting('spot/instance-action', 'spot/termination-time')],
  ['counts the time anew with each poll', sighting('Seen(action, at,', 'Seen(action, int(now) + 120,')],
  ['acts on any action', sighting('if action not in contract.ACTIONS:', 'if action is None:')],
  ['takes any time for sane', sighting('if abs(ahead) > SANE_SECONDS:', 'if False:')],
  ['goes by its own clock', sighting('0.0 if theirs is None else now - theirs', '0.0')],
  ['takes half a body', metadata('length = headers.get("content-length")', 'length = None')],
  ['waits for each byte anew', metadata('left = until - time.monotonic()', 'left = ANSWER_SECONDS')],
  [
    'dies of a connection that is reset',
    metadata('except OSError as error:\n        raise', 'except BrokenPipeError as error:\n        raise'),
  ],
];

describe.concurrent('a poll', { timeout: 30_000 }, () => {
  it('takes every answer for what it is, proxies or not', async () => {
    expect(await polling([], (poller) => differences(poller, false))).toEqual([]);
  });

  it.each(WRONG)('that %s is found out', async (_name, edit) => {
    const found = await polling([edit], (poller) => differences(poller, true));
    expect(found).toHaveLength(1);
  });
});

/** Half its life is 0.6 s. */
const SHORT_LIVED = metadata('TOKEN_SECONDS = 21600', 'TOKEN_SECONDS = 1.2');
const WHOLE_TTL = metadata('str(TOKEN_SECONDS)}', '"21600"}');
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const tokens = ({ service }: Poller) => service.requests.filter(({ method }) => method === 'PUT').length;

/** At half the token's life, and where its renewal then hangs: what two polls saw, and whether each was quick. */
const renewal = async (poller: Poller) => {
  await poller.poll();
  await wait(700);
  await poller.poll();
  const renewed = tokens(poller);
  await wait(700);
  poller.service.plant({ kind: 'hang', on: /^PUT/ });
  const polls = [await poller.poll(), await poller.poll()];
  return { renewed, polls: polls.map(({ seen, seconds }) => `${seen}${seconds < 0.25 ? '' : ', late'}`) };
};

describe.concurrent('a token', { timeout: 30_000 }, () => {
  const right = { renewed: 2, polls: ['none, late', 'none'] };

  it('is renewed at half its life, kept where that fails, and not asked for again with each poll', async () => {
    expect(await polling([SHORT_LIVED, WHOLE_TTL], renewal)).toEqual(right);
  });

  it.each([
    ['is used to its end', metadata('TOKEN_SECONDS / 2', 'TOKEN_SECONDS')],
    [
      'is thrown away before it is renewed',
      metadata(
        '        try:\n            answer = request(self._address, "PUT"',
        '        self._token = ""\n        try:\n            answer = request(self._address, "PUT"',
      ),
    ],
    ['is asked for with each poll', metadata('AGAIN_SECONDS = 10.0', 'AGAIN_SECONDS = 0.0')],
  ])('that %s is found out', async (_name, edit) => {
    expect(await polling([SHORT_LIVED, WHOLE_TTL, edit], renewal)).not.toEqual(right);
  });
});
