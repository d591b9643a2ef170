// The one notice that the bench sends again and again, and the place that it comes from.
import { NOTICES_PARAMETER } from '../contract/document.ts';
import { FUNCTION_VARIABLES } from '../contract/environment.ts';
import { EVENT_SOURCE, INTERRUPTION_DETAIL_TYPE } from '../contract/events.ts';
import { METRIC_NAMESPACE, METRIC_SERVICE } from '../contract/metrics.ts';
import { type Notices, WINDOW_SECONDS } from '../contract/notices.ts';

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const DOCUMENT = 'SpotGuard-Document-1';
const DEFAULTS = { 'drain-until': '45', 'save-until': '10', 'clean-until': '5', grace: '5' };
export const INSTANCE_ID = 'i-0b662ef9931388ba0';
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:respond`;

/** As Lambda sets it for the function. The key is AWS's own example. */
export function environment(endpointUrl: string): Record<string, string> {
  return {
    [FUNCTION_VARIABLES.document]: DOCUMENT,
    [FUNCTION_VARIABLES.defaults]: JSON.stringify(DEFAULTS),
    [FUNCTION_VARIABLES.settlementQueue]: `${endpointUrl}/${ACCOUNT}/tickets.fifo`,
    [FUNCTION_VARIABLES.overflowQueue]: `${endpointUrl}/${ACCOUNT}/overflow`,
    [FUNCTION_VARIABLES.deadLetterQueue]: `${endpointUrl}/${ACCOUNT}/dead-letters`,
    [FUNCTION_VARIABLES.fleetQueue]: `${endpointUrl}/${ACCOUNT}/fleet`,
    [FUNCTION_VARIABLES.logLevel]: 'INFO',
    [FUNCTION_VARIABLES.service]: METRIC_SERVICE,
    [FUNCTION_VARIABLES.metricsNamespace]: METRIC_NAMESPACE,
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    AWS_SESSION_TOKEN: 'session',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: 'respond',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: 'respond',
    AWS_LAMBDA_LOG_STREAM_NAME: 'bench',
    _HANDLER: 'index.handler',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/usr/local/bin:/usr/bin:/bin',
  };
}

/** A notice of this moment. */
export function interruption(): Readonly<Record<string, unknown>> {
  return {
    version: '0',
    id: '1e5527d7-bb36-4607-3370-4164db56a40e',
    'detail-type': INTERRUPTION_DETAIL_TYPE,
    source: EVENT_SOURCE,
    account: ACCOUNT,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: REGION,
    resources: [`arn:aws:ec2:${REGION}b:instance/${INSTANCE_ID}`],
    detail: { 'instance-id': INSTANCE_ID, 'instance-action': 'terminate' },
  };
}

/** The bodies of the two requests that answer it. */
export function requests(): { readonly describe: string; readonly command: string } {
  const deadline = Math.floor(Date.now() / 1000) + WINDOW_SECONDS;
  const notices: Notices = { [INSTANCE_ID]: { deadline, action: 'terminate', settings: DEFAULTS } };
  const describe = {
    Action: 'DescribeInstances',
    Version: '2016-11-15',
    'Filter.1.Name': 'instance-id',
    'Filter.1.Value.1': INSTANCE_ID,
  };
  const command = {
    DocumentName: DOCUMENT,
    InstanceIds: [INSTANCE_ID],
    Parameters: { [NOTICES_PARAMETER]: [Buffer.from(JSON.stringify(notices)).toString('base64url')] },
    TimeoutSeconds: WINDOW_SECONDS,
    Comment: 'spot-guard: event 1e5527d7-bb36-4607-3370-4164db56a40e',
    MaxConcurrency: '100%',
    MaxErrors: '100%',
  };
  return { describe: new URLSearchParams(describe).toString(), command: JSON.stringify(command) };
}
