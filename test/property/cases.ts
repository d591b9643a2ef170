// How many cases a property is tried with, and what a failing one says. `npm run properties` sets the environment.
import fc from 'fast-check';

const QUICK_CASES = 300;
const { PROPERTY_CASES, PROPERTY_SEED } = process.env;
const numRuns = PROPERTY_CASES === undefined ? QUICK_CASES : Number(PROPERTY_CASES);

/** Milliseconds for one property: a case takes less than one, on a busy machine a few. */
export const TIMEOUT = 20_000 + numRuns * 10;

const parameters = <Values>(runs: number): fc.Parameters<Values> => ({
  numRuns: runs,
  ...(PROPERTY_SEED === undefined ? {} : { seed: Number(PROPERTY_SEED) }),
  reporter: (details) => {
    if (!details.failed) return;
    const again = `npm run properties -- --cases ${numRuns} --seed ${details.seed}`;
    throw new Error(`${fc.defaultReportMessage(details)}\n\nTo run it again: ${again}`);
  },
});

/** Throws with the smallest case that fails, and with the command that runs it again. */
export function holds<Values extends [unknown, ...unknown[]]>(property: fc.IProperty<Values>): void {
  fc.assert(property, parameters(numRuns));
}

/** The same for cases that take a thousand times as long: one in a thousand of them. */
export function holdsForFew<Values extends [unknown, ...unknown[]]>(
  property: fc.IAsyncProperty<Values>,
): Promise<void> {
  return fc.assert(property, parameters(Math.ceil(numRuns / 1_000)));
}
