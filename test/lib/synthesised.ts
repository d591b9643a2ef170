// The stack's template in process, without the CLI, with the feature flags that a deployment has.
import { readFileSync } from 'node:fs';
import { App, type Environment } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SpotGuardStack, type SpotGuardStackProps } from '../../lib/index.ts';

export const CDK_JSON: { readonly context: Readonly<Record<string, unknown>> } = JSON.parse(
  readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'),
);

export function appWith(context: Readonly<Record<string, unknown>> = {}): App {
  return new App({
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

/** The one resource of its type. */
export function only(template: Template, type: string): Resource & { readonly id: string } {
  const [first, ...others] = Object.entries(template.findResources(type));
  if (first === undefined || others.length > 0) throw new Error(`not exactly one ${type}`);
  return { id: first[0], ...(first[1] as Resource) };
}
