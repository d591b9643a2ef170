// The public face of SpotGuard as a construct library.
export { LOG_LEVELS, type LogLevel, type SpotGuardProps, WrongSettings } from './settings.ts';
export { SpotGuard } from './spot-guard.ts';
export { SpotGuardStack, type SpotGuardStackProps } from './stack.ts';
