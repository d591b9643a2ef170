// The public face of SpotGuard as a construct library.
export type { MetricName } from '../contract/metrics.ts';
export { WrongSettings } from './faults.ts';
export { LOG_LEVELS, type LogLevel, type SpotGuardProps } from './settings.ts';
export { SpotGuard } from './spot-guard.ts';
export { SpotGuardStack, type SpotGuardStackProps } from './stack.ts';
