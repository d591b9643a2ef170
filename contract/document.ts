// The SSM document: its steps, its parameters and the limits that SSM sets on all of it.

/** The stages of a plan, in order. */
export const STAGES = ['drain', 'save', 'clean', 'report'] as const;
export type Stage = (typeof STAGES)[number];

/** The steps of the document: `accept` refuses what came too late, then one step a stage. */
export const STEPS = ['accept', ...STAGES] as const;

/** base64url of UTF-8 JSON, see `Notices`. */
export const NOTICES_PARAMETER = 'Notices';

/** The bucket where the guard may leave its report; the stack gives the name as the default. Empty: there is none. */
export const REPORTS_PARAMETER = 'Reports';
/** Letters, digits, dots and hyphens, as S3 allows them in a name. */
export const REPORTS_PATTERN = '^[a-z0-9.-]*$';
export const REPORTS_MAX_CHARS = 63;

/** Of the document that installs the guard: what the stack sets for all instances, `NAME=VALUE`, by commas. */
export const DEFAULTS_PARAMETER = 'Defaults';
export const DEFAULTS_PATTERN = '^[a-z0-9=,.-]*$';
/** Names the bucket for reports among them. No setting: no tag of the instance may say where its report goes. */
export const REPORTS_DEFAULT = 'reports';
export const DEFAULTS_MAX_CHARS = 1_000;
/** Its parameter is short, so that it may carry more: the whole guard. 64 KB bound both together. */
export const INSTALL_DOCUMENT_MAX_BYTES = 63_000;

/** Anchored, because the agent's own check is not; no repeat count, because Go's regexp allows 1,000 at most. */
export const NOTICES_PATTERN = '^[A-Za-z0-9_-]+$';

/** Characters. 64 KB bound document and parameters together; the document keeps 44,000 of them. */
export const NOTICES_MAX_CHARS = 16_000;
export const DOCUMENT_MAX_BYTES = 44_000;

/** Seconds. The agent kills a step without mercy at this age: larger than any stage can last. */
export const STEP_TIMEOUT_SECONDS = 150;

/** SendCommand: at most 50 InstanceIds a call, TimeoutSeconds from 30 (botocore, ssm.SendCommand). */
export const COMMAND_MAX_INSTANCES = 50;
export const COMMAND_MIN_TIMEOUT_SECONDS = 30;
