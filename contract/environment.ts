// Environment variables of the functions.
export const FUNCTION_VARIABLES = {
  /** The name of the SSM document that `respond` sends. */
  document: 'SPOT_GUARD_DOCUMENT',
  /** JSON of `Settings`: what holds for an instance whose tags do not say. */
  defaults: 'SPOT_GUARD_DEFAULTS',
  /** The URL of the settlement queue. */
  settlementQueue: 'SPOT_GUARD_SETTLEMENT_QUEUE',
  /** The URL of the overflow queue. */
  overflowQueue: 'SPOT_GUARD_OVERFLOW_QUEUE',
  /** The URL of the queue for notices that are given up. */
  deadLetterQueue: 'SPOT_GUARD_DEAD_LETTER_QUEUE',
  /** The URL of the queue that the function `fleet` reads. */
  fleetQueue: 'SPOT_GUARD_FLEET_QUEUE',
  /** The bucket of outcomes and reports. */
  bucket: 'SPOT_GUARD_BUCKET',
  logLevel: 'POWERTOOLS_LOG_LEVEL',
  service: 'POWERTOOLS_SERVICE_NAME',
  metricsNamespace: 'POWERTOOLS_METRICS_NAMESPACE',
} as const;
