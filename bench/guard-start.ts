// From the start of the runner's process to the start of the plan's first stage.
import { once } from 'node:events';
import { end, eventually, GUARD, GuardedMachine } from './guarded-machine.ts';
import { INSTANCE_ID } from './notice.ts';

/** Writes down a run, as whoever brings a notice does it, and says where. */
const CLAIM = `
import sys, time
sys.path.insert(0, sys.argv[1])
from spot_guard import notice, runs
run, _ = runs.claim(notice.Notice(sys.argv[2], 'terminate', int(time.time()) + 120, {}, 'interruption'))
print(run.folder)
`;

/** Milliseconds. */
export async function guardStartRound(python: string): Promise<number> {
  const machine = await GuardedMachine.set(python, 'http://127.0.0.1:9');
  try {
    const claimed = machine.start(['-c', CLAIM, GUARD, INSTANCE_ID]);
    let folder = '';
    claimed.stdout?.on('data', (data: Buffer) => {
      folder += data.toString();
    });
    await once(claimed, 'close');
    const before = Date.now();
    const runner = machine.start([GUARD, 'run', folder.trim()]);
    try {
      const stage = await eventually('the first stage', async () =>
        (await machine.journal()).find(({ phase }) => phase === 'stageStarted'),
      );
      return Math.round(Number(stage.t) * 1000 - before);
    } finally {
      await end(runner);
    }
  } finally {
    await machine.remove();
  }
}
