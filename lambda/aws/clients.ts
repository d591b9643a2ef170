// The SDK's clients: one try each, no waiting. Who retries is retry.ts, that knows the deadline.
import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { requestHandler } from './http.ts';

const { AWS_REGION = '', AWS_ENDPOINT_URL, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT } = process.env;
const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env;

/** All that the SDK would look for, one after the other, before its first call: some milliseconds of a cold start. */
export const CONFIG = {
  maxAttempts: 1,
  requestHandler,
  region: AWS_REGION,
  credentials: {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
  },
  ...(AWS_ENDPOINT_URL === undefined ? {} : { endpoint: AWS_ENDPOINT_URL }),
  useFipsEndpoint: AWS_USE_FIPS_ENDPOINT === 'true',
  useDualstackEndpoint: AWS_USE_DUALSTACK_ENDPOINT === 'true',
  defaultsMode: 'standard',
  retryMode: 'standard',
  authSchemePreference: [],
  userAgentAppId: async () => undefined,
} satisfies EC2ClientConfig & SSMClientConfig;

export const newEc2Client = (place: EC2ClientConfig = {}): EC2Client =>
  new EC2Client({ ...CONFIG, ...place });
export const newSsmClient = (place: SSMClientConfig = {}): SSMClient =>
  new SSMClient({ ...CONFIG, ...place });

/** What `respond` has before it knows what it is asked for. */
export interface Clients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
}
