// Builders of what comes in: events as EventBridge sends them, notices and instances as the domain sees them.
import { EVENT_SOURCE, INTERRUPTION_DETAIL_TYPE } from '../../contract/events.ts';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../../contract/tags.ts';
import type { Instance } from '../../lambda/domain/instance.ts';
import type { Notice } from '../../lambda/domain/notice.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-2';
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:respond`;
export const NOTICE_MS = Date.parse('2026-02-04T15:28:15Z');

export function instanceIdOf(index: number): string {
  return `i-${index.toString(16).padStart(17, '0')}`;
}

export function spotEvent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: '0',
    id: '1e5527d7-bb36-4607-3370-4164db56a40e',
    'detail-type': INTERRUPTION_DETAIL_TYPE,
    source: EVENT_SOURCE,
    account: ACCOUNT,
    time: '2026-02-04T15:28:15Z',
    region: REGION,
    resources: ['arn:aws:ec2:us-east-2b:instance/i-0b662ef9931388ba0'],
    detail: { 'instance-id': 'i-0b662ef9931388ba0', 'instance-action': 'terminate' },
    ...changes,
  };
}

export function noticeAt(noticeMs: number, changes: Partial<Notice> = {}): Notice {
  return {
    instanceId: 'i-0b662ef9931388ba0',
    action: 'terminate',
    noticeTime: new Date(noticeMs).toISOString(),
    noticeMs,
    deadline: Math.floor(noticeMs / 1000) + 120,
    eventId: '1e5527d7-bb36-4607-3370-4164db56a40e',
    ...changes,
  };
}

export function instanceOf(
  instanceId: string,
  tags: Record<string, string> = {},
  state = 'running',
): Instance {
  return { instanceId, state, tags: new Map(Object.entries({ [GUARD_TAG]: GUARD_TAG_VALUE, ...tags })) };
}
