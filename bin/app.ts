// The CDK app: one stack in the caller's account and Region, set by the context.
import { App, type Environment } from 'aws-cdk-lib';
import { readContext } from '../lib/context.ts';
import { SpotGuardStack, WrongSettings } from '../lib/index.ts';

const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
// Without credentials the CDK knows neither, and the template holds for any account and Region.
const env: Environment = account === undefined || region === undefined ? {} : { account, region };

try {
  const app = new App({ analyticsReporting: false });
  const { stackName, props } = readContext(app.node);
  new SpotGuardStack(app, stackName, { env, ...props });
} catch (error) {
  if (!(error instanceof WrongSettings)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
