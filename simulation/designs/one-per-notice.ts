// What the AWS sample does: a function for each notice, one call of each API by the instance's id, the SDK's retries, and
// Lambda's own.
import { bySdk } from '../calls.ts';
import type { Member } from '../fleet.ts';
import { LAMBDA } from '../parameters.ts';
import type { Design, World } from '../world.ts';

export const onePerNotice: Design = (world) => {
  const lambda = world.newFunction();
  return async (_event, member) => {
    await lambda.invokeAsync(() => answerOne(world, member), {
      retries: LAMBDA.retryMs.length,
      maxAgeMs: LAMBDA.maxAgeMs,
    });
  };
};

export async function answerOne(world: World, { id, guarded }: Member): Promise<boolean> {
  const { apis } = world;
  try {
    await bySdk(world, () => apis.describe([id], 'ids'));
    if (guarded) await bySdk(world, () => apis.send([id]));
    world.fleet.ended(id, guarded ? 'commandSent' : 'unguarded');
    return true;
  } catch {
    return false; // throttled to the end, or refused: that function fails, and says no more
  }
}
