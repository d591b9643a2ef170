// The SSM document that carries the guard to the instance.
import { readFileSync } from 'node:fs';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { built } from './built.ts';

/**
 * It has no name of its own: changed content makes a new document, the function follows by reference, and the old one
 * goes last, so that a command in between finds the one that it names.
 */
export function gracefulShutdownDocument(scope: Construct, id: string): CfnDocument {
  return new CfnDocument(scope, id, {
    content: JSON.parse(readFileSync(built('instance/graceful-shutdown.json'), 'utf8')),
    documentFormat: 'JSON',
    documentType: 'Command',
    targetType: '/AWS::EC2::Instance',
  });
}
