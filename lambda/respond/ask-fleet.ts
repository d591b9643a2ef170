// After the commands have left: what the instances' tags ask for beside them is left for `fleet`.
import type { AnsweredNotice, FleetNotLeft } from '../domain/answered.ts';
import { requestsOf } from '../domain/fleet-request.ts';
import type { OverflowPorts } from '../ports.ts';

/** Returns what could not be left. It is told of and no more: a notice that is answered must not be answered again. */
export async function askFleet(
  answered: readonly AnsweredNotice[],
  untilMs: number,
  { leaveRequests }: Pick<OverflowPorts, 'leaveRequests'>,
): Promise<FleetNotLeft[]> {
  const made = answered.flatMap((each) =>
    requestsOf(each).map((request) => ({ notice: each.notice, request })),
  );
  const notLeft = await leaveRequests(
    made.map(({ request }) => request),
    untilMs,
  );
  return made.flatMap(({ notice, request }) => {
    const reason = notLeft.get(request);
    return reason === undefined ? [] : [{ phase: 'fleetNotLeft', notice, reason }];
  });
}
