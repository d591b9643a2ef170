// The log is the record: one line for each notice that had no outcome. Its count is that of the outcome which comes.
import { Logger } from '@aws-lambda-powertools/logger';
import { LOG_KEYS, PHASES } from '../../contract/log.ts';
import type { Ticket } from '../../contract/ticket.ts';

const logger = new Logger();

export function tellUncovered(tickets: readonly Ticket[]): void {
  for (const { instanceId, noticeTime, action, left } of tickets) {
    logger.info('notice without an outcome', {
      [LOG_KEYS.phase]: PHASES.uncovered,
      [LOG_KEYS.instanceId]: instanceId,
      [LOG_KEYS.noticeTime]: noticeTime,
      [LOG_KEYS.action]: action,
      [LOG_KEYS.left]: left,
    });
  }
}
