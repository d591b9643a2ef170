// The stack's template in process, without the CLI, with the feature flags that a deployment has.
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type Environment } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { inject } from 'vitest';
import { SpotGuardStack, type SpotGuardStackProps } from '../../lib/index.ts';

export const CDK_JSON: { readonly context: Readonly<Record<string, unknown>> } = JSON.parse(
  readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'),
);

// Without a folder of its own each App leaves one behind.
export const scratchFolder = (): string => mkdtempSync(join(inject('scratch'), 'cdk.out-'));

export function appWith(context: Readonly<Record<string, unknown>> = {}): App {
  return new App({
    outdir: scratchFolder(),
    context: { ...CDK_JSON.context, ...context },
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
  });
}

export function synthesise(props: SpotGuardStackProps = {}, env: Environment = {}): Template {
  return Template.fromStack(new SpotGuardStack(appWith(), 'SpotGuard', { env, ...props }));
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** The one resource of its type, where `text` is given the one whose name holds it, else whose properties do. */
export function only(template: Template, type: string, text = ''): Resource & { readonly id: string } {
  const all = Object.entries(template.findResources(type));
  const named = all.filter(([id]) => id.includes(text));
  const holding = all.filter(([, resource]) => JSON.stringify(resource).includes(text));
  const [first, ...others] = named.length === 1 ? named : holding;
  if (first === undefined || others.length > 0) throw new Error(`not exactly one ${type} with ${text}`);
  return { id: first[0], ...(first[1] as Resource) };
}

export const arnOf = ({ id }: { readonly id: string }) => ({ 'Fn::GetAtt': [id, 'Arn'] });

/** What the role of that function may do. */
export function policyOf(template: Template, name: 'Respond' | 'Settle' | 'Coverage' | 'Fleet') {
  const { Properties } = only(template, 'AWS::IAM::Policy', `SpotGuard${name}RoleDefaultPolicy`);
  return Properties.PolicyDocument as { readonly Statement: readonly unknown[] };
}

export const writesLog = (log: { readonly id: string }) => ({
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: arnOf(log),
});
