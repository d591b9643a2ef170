// What AWS's own validator and cdk-nag's AwsSolutions pack say of the stack: each finding is fixed, or acknowledged
// in lib/ with its reason.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type Environment, Validations } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { SpotGuardStack } from '../../lib/index.ts';
import { CDK_JSON, scratchFolder } from './synthesised.ts';

interface Report {
  readonly pluginName: string;
  readonly conclusion: string;
  readonly violations: readonly { readonly ruleName: string; readonly severity: string }[];
}

/** As `cdk synth` does it, with the built-in validation on. */
function validate(env: Environment, spoil: (stack: SpotGuardStack) => void = () => {}): Report[] {
  const app = new App({
    outdir: scratchFolder(),
    context: { ...CDK_JSON.context },
    analyticsReporting: false,
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new SpotGuardStack(app, 'SpotGuard', { env });
  spoil(stack);
  let thrown: unknown;
  try {
    app.synth();
  } catch (error) {
    thrown = error; // findings; the report names them
  }
  const file = join(app.outdir, 'validation-report.json');
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { pluginReports: Report[] }).pluginReports;
  } catch (cause) {
    throw thrown ?? cause;
  }
}

const found = (reports: readonly Report[]): string[] =>
  reports.flatMap(({ pluginName, violations }) =>
    violations.map(({ ruleName }) => `${pluginName}: ${ruleName}`),
  );

describe("AWS's validator and cdk-nag", () => {
  it.each([
    ['any place', {}],
    ['one place', { account: '123456789012', region: 'eu-central-1' }],
  ])('find nothing in the stack for %s', { timeout: 90_000 }, (_name, env) => {
    expect(found(validate(env))).toEqual([]);
  });

  it('both look: a retired runtime and a wildcard are found', { timeout: 90_000 }, () => {
    const reports = validate({}, ({ spotGuard }) => {
      const resource = spotGuard.respondFunction.node.defaultChild as CfnFunction;
      resource.addPropertyOverride('Runtime', 'nodejs14.x');
      spotGuard.overflowQueue.grantPurge(spotGuard.respondFunction);
      spotGuard.logGroup.grant(spotGuard.respondFunction, 'logs:*');
    });
    const findings = found(reports).join('\n');
    expect(findings).toMatch(/E2531/);
    expect(findings).toMatch(/AwsSolutions-IAM5\[Action::logs:\*\]/);
  });
});
