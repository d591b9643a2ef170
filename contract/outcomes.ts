// How an interruption can end. The words of the design, and no others.
export const OUTCOMES = [
  'graceful', // every stage ended well before the reclaim, and there was something to do
  'empty', // the plan ran, but nothing was set up to do and no workload acknowledged the notice
  'failed', // a stage failed or ran over
  'late', // the reclaim came first
  'unprotected', // no path reached the instance
  'unknown', // no proof came out, so nothing is claimed
  'unguarded', // not tagged
  'spared', // the notice was withdrawn
] as const;
export type Outcome = (typeof OUTCOMES)[number];
