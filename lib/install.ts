// The guard as a service on every tagged instance, and off those tagged for that: State Manager does both.
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnAssociation, type CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { DEFAULTS_PARAMETER } from '../contract/document.ts';
import { GUARD_TAG, GUARD_TAG_REMOVE, GUARD_TAG_VALUE } from '../contract/tags.ts';
import { builtDocument } from './document.ts';
import { type Checked, defaultsOf } from './settings.ts';

export class Install extends Construct {
  readonly installAssociation: CfnAssociation;
  readonly removeAssociation: CfnAssociation;

  constructor(scope: Construct, id: string, checked: Checked, bucket: Bucket) {
    super(scope, id);
    const install = builtDocument(this, 'InstallDocument', 'install-guard');
    const remove = builtDocument(this, 'RemoveDocument', 'remove-guard');
    // One string even where the settings are tokens, that only the deployment resolves.
    const defaults = Object.entries({ ...defaultsOf(checked), reports: bucket.bucketName }).map(
      ([name, value]) => `${name}=${value}`,
    );
    this.installAssociation = this.#association('InstallAssociation', install, GUARD_TAG_VALUE, {
      [DEFAULTS_PARAMETER]: [defaults.join(',')],
    });
    this.removeAssociation = this.#association('RemoveAssociation', remove, GUARD_TAG_REMOVE);
  }

  /** Without a name: it could be that of another stack's. The console shows the document's. */
  #association(
    id: string,
    document: CfnDocument,
    tagValue: string,
    parameters?: Readonly<Record<string, string[]>>,
  ): CfnAssociation {
    return new CfnAssociation(this, id, {
      name: document.ref,
      targets: [{ key: `tag:${GUARD_TAG}`, values: [tagValue] }],
      ...(parameters === undefined ? {} : { parameters }),
      // State Manager runs it at once on what is tagged already and on nodes that register. Its documented triggers do
      // not list the tagging of one that runs, so it also looks every 30 minutes, the least that it allows.
      scheduleExpression: 'rate(30 minutes)',
      // A few broken instances must not keep the guard off the others, which the defaults of both allow.
      maxConcurrency: '100%',
      maxErrors: '100%',
    });
  }
}
