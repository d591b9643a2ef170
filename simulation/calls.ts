// How a caller tries again: as our functions do, and as the AWS SDKs do by themselves.
import { waitBeforeNext } from '../lambda/domain/tries.ts';
import { CallFailed } from '../lambda/ports.ts';
import { SDK_RETRY } from './parameters.ts';
import type { World } from './world.ts';

/** As lambda/aws/retry.ts has it; here every fault but a refusal is throttling. `untilMs`: epoch milliseconds. */
export async function untilTime<T>(
  { time, chance }: World,
  untilMs: number,
  throttled: 'triesAgain' | 'givesUp',
  call: () => Promise<T>,
): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    if (untilMs <= time.now()) throw new CallFailed('call', 'NoTimeLeft');
    try {
      return await call();
    } catch (error) {
      const waitMs = waitBeforeNext(attempts, untilMs - time.now(), chance.uniform());
      const isFinal = throttled === 'givesUp' || !(error instanceof CallFailed && error.isTransient);
      if (waitMs === undefined || isFinal) throw error;
      await time.sleep(waitMs);
    }
  }
}

/** Standard mode: a few attempts, with full jitter between them. */
export async function bySdk<T>({ time, chance }: World, call: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await call();
    } catch (error) {
      const isFinal = !(error instanceof CallFailed && error.isTransient);
      if (isFinal || attempts === SDK_RETRY.attempts) throw error;
      const most = Math.min(SDK_RETRY.baseMs * 2 ** attempts, SDK_RETRY.lastMs);
      await time.sleep(chance.uniform() * most);
    }
  }
}
