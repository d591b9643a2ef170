// The status codes of a Spot request that EC2 itself has ended, and not its user, a schedule or another service.
import { type Action, WINDOW_SECONDS } from '../../contract/notices.ts';

interface Ended {
  readonly action: Action;
  /** By so many seconds the notice may have been before the status. */
  readonly earlierSeconds: number;
}

/** EC2 sets it with the notice. */
const WITH_NOTICE = { action: 'terminate', earlierSeconds: 0 } as const;
const STOPPING = { action: 'stop', earlierSeconds: 0 } as const;
/** EC2 sets it when the instance has stopped: two minutes later, and what a machine takes to stop or write its memory. */
const STOPPED = { action: 'stop', earlierSeconds: WINDOW_SECONDS + 900 } as const;

/** EC2 user guide, Spot request status; those of FIS are under "initiate an interruption". */
const ENDED: Readonly<Record<string, Ended>> = {
  'marked-for-termination': WITH_NOTICE,
  'instance-terminated-by-price': WITH_NOTICE,
  'instance-terminated-no-capacity': WITH_NOTICE,
  'instance-terminated-capacity-oversubscribed': WITH_NOTICE,
  'instance-terminated-launch-group-constraint': WITH_NOTICE,
  'instance-terminated-by-experiment': WITH_NOTICE,
  'marked-for-stop': STOPPING,
  'marked-for-stop-by-experiment': STOPPING,
  'instance-stopped-by-price': STOPPED,
  'instance-stopped-no-capacity': STOPPED,
  'instance-stopped-capacity-oversubscribed': STOPPED,
  'instance-stopped-by-experiment': STOPPED,
};

export const ENDED_BY_EC2: readonly string[] = Object.keys(ENDED);

/** Of a status in `ENDED_BY_EC2`; any other is taken for the most usual. */
export function endedBy(status: string): Ended {
  return ENDED[status] ?? WITH_NOTICE;
}
