// What stands in the bundle for parts of the AWS SDK that this function in Lambda never uses or does itself: what is
// read at each cold start costs some 40 microseconds for each kB, and what runs costs more.

export interface Substitute {
  readonly name: string;
  /** The import as it is written. */
  readonly specifier: RegExp;
  readonly contents: string;
}

const NO_PLUGIN = '() => ({ applyToStack: () => {} })';

export const SUBSTITUTES: readonly Substitute[] = [
  // aws/clients.ts gives both: Lambda has the role's credentials in the environment, and the SDK would ask elsewhere too.
  {
    name: 'credentials',
    specifier: /^@aws-sdk\/credential-provider-node$/,
    contents: 'export const defaultProvider = undefined;',
  },
  {
    name: 'configuration',
    specifier: /\/configLoader$/,
    contents: 'export const loadConfig = () => async () => undefined;',
  },
  // Who retries is aws/retry.ts, and needs no strategies or rate limiter here. Its place in the stack stays: the
  // middleware that signs asks for it by name.
  {
    name: 'retry',
    specifier: /^@smithy\/core\/retry$/,
    contents: `const place = { name: 'retryMiddleware', step: 'finalizeRequest', priority: 'high' };
      export const getRetryPlugin = () => ({ applyToStack: (stack) => stack.add((next) => next, place) });
      export const resolveRetryConfig = (config) => config;
      export const RETRY_MODES = {}, NODE_MAX_ATTEMPT_CONFIG_OPTIONS = {}, NODE_RETRY_MODE_CONFIG_OPTIONS = {};
      export const DEFAULT_RETRY_MODE = 'standard';`,
  },
  // A header against loops of functions, that neither EC2 nor SSM hands on.
  {
    name: 'recursion',
    specifier: /\/getRecursionDetectionPlugin$/,
    contents: `export const getRecursionDetectionPlugin = ${NO_PLUGIN};`,
  },
  // The clients have no logger.
  {
    name: 'logger',
    specifier: /\/loggerMiddleware$/,
    contents: `export const getLoggerPlugin = ${NO_PLUGIN};
      export const loggerMiddleware = undefined, loggerMiddlewareOptions = undefined;`,
  },
  // Nor any extensions, that would take the configuration apart and put it together again.
  {
    name: 'extensions',
    specifier: /\/runtimeExtensions$/,
    contents: 'export const resolveRuntimeExtensions = (config) => config;',
  },
  // The stack chooses the version of Node.
  {
    name: 'node-version',
    specifier: /\/emitWarningIfUnsupportedVersion$/,
    contents: 'export const emitWarningIfUnsupportedVersion = () => {}; export const state = {};',
  },
  // aws/http.ts sends the requests, and collects the answers.
  {
    name: 'http',
    specifier: /^@smithy\/node-http-handler$/,
    contents: `export const NodeHttpHandler = { create: (handler) => handler };
      export const streamCollector = undefined;`,
  },
  // aws/http.ts says who asks.
  {
    name: 'user-agent',
    specifier: /\/user-agent-middleware$/,
    contents: `export const getUserAgentPlugin = ${NO_PLUGIN};
      export const userAgentMiddleware = undefined, getUserAgentMiddlewareOptions = undefined;`,
  },
  {
    name: 'default-user-agent',
    specifier: /\/util-user-agent-node\/defaultUserAgent$/,
    contents: `export const createDefaultUserAgentProvider = () => undefined;
      export const defaultUserAgent = undefined, crtAvailability = undefined;`,
  },
  // Neither request holds a time, and of neither answer is one read.
  {
    name: 'times',
    specifier: /\/(?:schema-)?date-utils$/,
    contents: `const no = undefined;
      export { no as dateToUtcString, no as parseRfc3339DateTime, no as parseRfc3339DateTimeWithOffset };
      export { no as parseRfc7231DateTime, no as parseEpochTimestamp, no as _parseEpochTimestamp };
      export { no as _parseRfc3339DateTimeWithOffset, no as _parseRfc7231DateTime };`,
  },
  // SHA-256 in JavaScript, where Node has none.
  { name: 'sha256', specifier: /\/Sha256Js$/, contents: 'export const Sha256Js = undefined;' },
  // Nor MD5: the queue's client does not ask for it.
  {
    name: 'md5',
    specifier: /\/Md5(?:Js|Node)$/,
    contents: 'export const Md5 = undefined, Md5Js = undefined, Md5Node = undefined;',
  },
  // Only signatures of events have such headers.
  { name: 'event-headers', specifier: /\/HeaderFormatter$/, contents: 'export class HeaderFormatter {}' },
  // Both bodies are in memory; no file is asked for its length.
  {
    name: 'length',
    specifier: /\/calculateBodyLength$/,
    contents: 'export const calculateBodyLength = (body) => Buffer.byteLength(body);',
  },
  // The Region is in the environment.
  {
    name: 'region',
    specifier: /\/getInstanceMetadataRegion$/,
    contents: 'export const getInstanceMetadataRegion = async () => undefined;',
  },
  // Neither call streams events, and no function is a browser.
  { name: 'nothing', specifier: /^(?:@smithy\/core\/event-streams|bowser)$/, contents: 'export {};' },
];
