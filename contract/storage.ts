// Where things lie in the bucket.

/** One object for each notice that is settled, by day: `outcomes/2026-02-04/i-0b66...-20260204T153015Z.json`. */
export const OUTCOMES_PREFIX = 'outcomes/';

/** What the guard itself leaves, where it may: `reports/ARN of the instance/NAME of the run.json`. */
export const REPORTS_PREFIX = 'reports/';

/** Days after which S3 deletes them. */
export const OUTCOMES_DAYS = 400;
export const REPORTS_DAYS = 30;
