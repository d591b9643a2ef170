// The policies of the template, judged by an evaluator that nobody here wrote. The only file that imports it:
// it is AGPL, a development tool, and never part of anything that is deployed.
import { type RunSimulationResults, runSimulation } from '@cloud-copilot/iam-simulate';
import { isObject, type Json } from '../template/template.ts';

export interface AccessRequest {
  /** An ARN, or a service such as `events.amazonaws.com`. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly account: string;
  readonly context?: Readonly<Record<string, string>>;
}

export interface Policies {
  readonly identity: readonly { readonly name: string; readonly policy: Json }[];
  readonly resource?: Json;
  /** Hears of each statement that allowed or denied a request: its policy's name and its place there, from 0. */
  readonly onDecided?: (statement: DecisiveStatement) => void;
}

/** `policy` is null for the resource's own. */
export interface DecisiveStatement {
  readonly policy: string | null;
  readonly index: number;
}

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Throws when a policy or the request is not valid IAM: a fault of the template, not a denial. */
export async function isAllowed(request: AccessRequest, policies: Policies): Promise<boolean> {
  const { principal, action, resource, account, context = {} } = request;
  const result = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: account },
        contextVariables: { 'aws:SecureTransport': 'true', ...context },
      },
      identityPolicies: policies.identity.map(({ name, policy }) => ({ name, policy })),
      serviceControlPolicies: [
        { orgIdentifier: 'root', policies: [{ name: 'FullAWSAccess', policy: everything }] },
      ],
      resourceControlPolicies: [],
      ...(isObject(policies.resource) ? { resourcePolicy: policies.resource } : {}),
    },
    {},
  );
  if (result.resultType === 'error') {
    throw new Error(
      `IAM cannot judge ${action} on ${resource}: ${result.errors.message} ${JSON.stringify(result.errors)}`,
    );
  }
  for (const statement of decisive(result)) policies.onDecided?.(statement);
  return result.overallResult === 'Allowed';
}

function decisive(result: Exclude<RunSimulationResults, { resultType: 'error' }>): DecisiveStatement[] {
  const analyses = result.resultType === 'single' ? [result.result] : result.results;
  return analyses.flatMap(({ analysis: { identityAnalysis, resourceAnalysis } }) => [
    ...[...(identityAnalysis?.allowStatements ?? []), ...(identityAnalysis?.denyStatements ?? [])].map(
      ({ policyId, statement }) => ({ policy: policyId, index: statement.index() - 1 }),
    ),
    ...[...(resourceAnalysis?.allowStatements ?? []), ...(resourceAnalysis?.denyStatements ?? [])].map(
      ({ statement }) => ({ policy: null, index: statement.index() - 1 }),
    ),
  ]);
}
