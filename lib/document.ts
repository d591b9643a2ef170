// The SSM documents: what `npm run build` made of the guard and the steps' scripts.
import { readFileSync } from 'node:fs';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { built } from './built.ts';

/**
 * It has no name of its own: changed content makes a new document, who uses it follows by reference, and the old one
 * goes last, so that a command in between finds the one that it names.
 *
 * @param defaults what the stack gives for parameters that nobody passes
 */
export function builtDocument(
  scope: Construct,
  id: string,
  name: 'graceful-shutdown' | 'install-guard' | 'remove-guard',
  defaults: Readonly<Record<string, string>> = {},
): CfnDocument {
  const content = JSON.parse(readFileSync(built(`instance/${name}.json`), 'utf8'));
  for (const [parameter, value] of Object.entries(defaults)) content.parameters[parameter].default = value;
  return new CfnDocument(scope, id, {
    content,
    documentFormat: 'JSON',
    documentType: 'Command',
    targetType: '/AWS::EC2::Instance',
  });
}
