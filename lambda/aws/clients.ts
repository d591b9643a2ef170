// The SDK's clients: one try each, no waiting. Who retries is retry.ts, that knows the deadline.
import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';

const { AWS_REGION = '', AWS_ENDPOINT_URL, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT } = process.env;

/** All that the SDK would look for, one after the other, before its first call: some milliseconds of a cold start. */
const CONFIG = {
  maxAttempts: 1,
  /** Milliseconds. A socket that is not there by then is tried anew; an answer within AWS takes a tenth of the rest. */
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  region: AWS_REGION,
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
