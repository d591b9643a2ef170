// What is done when SSM refuses a command for some of its instances: the others get theirs.
import type { AnsweredNotice } from '../domain/answered.ts';
import { apart } from '../domain/apart.ts';
import type { Notice } from '../domain/notice.ts';
import { SomeRefused } from '../ports.ts';
import type { SendApart } from './respond.ts';

/**
 * How often SendCommand is called for them at most: one of 50 that SSM does not name is found in 12 calls. What is left
 * then comes again like all that was not sent, and with other companions.
 */
const MOST_CALLS = 14;

export const sendApart: SendApart = async (batch, refusal, send) => {
  const answered: AnsweredNotice[] = [];
  const refuse = (notices: readonly Notice[], { reason }: SomeRefused): void => {
    answered.push(...notices.map((notice): AnsweredNotice => ({ phase: 'notSent', notice, reason })));
  };
  const open = [{ batch, refusal }];
  let calls = 0;
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { refused, others } = apart(next.batch, next.refusal.named);
    refuse(refused, next.refusal);
    for (const other of others) {
      const said = calls < MOST_CALLS ? await send(other) : undefined;
      calls += 1;
      if (said === undefined) refuse(other.notices, next.refusal);
      else if (said instanceof SomeRefused) open.push({ batch: other, refusal: said });
      else answered.push(...said);
    }
  }
  return answered;
};
