// The same cases against the local endpoints and against moto; then botocore judges what went over the wire.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CASES } from './cases.ts';
import { DIFFERENCES } from './differences.ts';
import { openMoto } from './moto.ts';
import { openOurs } from './ours.ts';
import type { Place } from './place.ts';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const PLACES = { ours: openOurs, moto: () => openMoto(inject('authorities')) };

describe.each(['ours', 'moto'] as const)('the contract: %s', (name) => {
  let place: Place;
  beforeAll(async () => {
    place = await PLACES[name]();
  });
  afterAll(() => place?.close());

  for (const { name: title, observe, aws } of CASES) {
    it(title, async () => {
      const difference = DIFFERENCES[name][title];
      expect(await observe(place)).toEqual(difference === undefined ? aws : difference.got);
    });
  }
});

describe('a difference', () => {
  const listed = Object.entries(DIFFERENCES).flatMap(([place, byCase]) =>
    Object.entries(byCase).map(([name, difference]) => ({ place, name, difference })),
  );

  it.each(listed)(
    'of $place is one, of a case that there is, and has a reason: $name',
    ({ name, difference }) => {
      const aws = CASES.find((one) => one.name === name)?.aws;
      expect(aws).toBeDefined();
      expect(difference.got).not.toEqual(aws);
      expect(difference.reason).not.toBe('');
    },
  );
});
