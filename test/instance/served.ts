// A machine with a metadata service beside it, for the guard's commands.
import { GUARD_TAG, GUARD_TAG_VALUE } from '../../contract/tags.ts';
import { type Metadata, type MetadataOptions, openMetadata } from '../../rehearsal/machine/metadata.ts';
import { INSTANCE_ID, type Machine, on } from './machine.ts';

export const TAGS = { [GUARD_TAG]: GUARD_TAG_VALUE };
export const ROLE = { name: 'app', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', token: 'token' };
/** Where no metadata service is. */
export const NOWHERE = 'http://127.0.0.1:9';
/** Three units that are active, and a worker that runs. */
const SYSTEMCTL = (root: string) => `#!/bin/sh
echo "$*" >> ${root}/calls
case "$*" in
  is-active*) printf 'active\\nactive\\nactive\\n' ;;
  *ActiveState*) printf 'Id=worker.service\\nActiveState=active\\n' ;;
  *) printf 'Id=worker.service\\nResult=success\\n' ;;
esac
`;

/** A test's body on a machine of its own, beside a metadata service of its own. */
export const withService = (
  body: (machine: Machine, metadata: Metadata) => Promise<void>,
  options: Partial<MetadataOptions> = { tags: TAGS },
) =>
  on(async (machine) => {
    const metadata = await openMetadata({ instanceId: INSTANCE_ID, region: 'eu-central-1', ...options });
    try {
      await body(machine, metadata);
    } finally {
      await metadata.close();
    }
  });

/** As systemd has it once the guard is installed. */
export function installed(machine: Machine): void {
  machine.file('/run/systemd/system/.keep', '');
  machine.file('/var/lib/.keep', '');
  machine.tool('systemctl', SYSTEMCTL(machine.root));
  machine.tool('systemd-run', '#!/bin/sh\nexit 1\n');
}
