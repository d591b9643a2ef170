// The policy statements of the template, by name: which there are, and which one decided.
import type { Stack } from '../template/stack.ts';
import { isObject, type Json } from '../template/template.ts';
import type { DecisiveStatement } from './iam.ts';

/** The owner's name of what the stack has for the role of an instance, which is none of the stack's. */
export const INSTANCE_ROLE = 'instance';

/** The name of each statement of the stack's roles, queues and instance policies, with what it is on. */
export function declaredStatements(stack: Stack): Map<string, string> {
  const { functions, queues, buckets, topics, instancePolicies } = stack;
  const roles = new Map(functions.map(({ role }) => [role.name, role]));
  return new Map([
    ...[...roles.values()].flatMap(({ name, trust, policies }) => [
      ...named(name, null, trust),
      ...policies.flatMap((one) => named(name, one.name, one.policy)),
    ]),
    ...instancePolicies.flatMap((one) => named(INSTANCE_ROLE, one.name, one.policy)),
    ...[...queues, ...buckets, ...topics].flatMap(({ name, policy }) => named(name, null, policy)),
  ]);
}

export function statementName(owner: string, { policy, index }: DecisiveStatement): string {
  return `${owner}${policy === null ? '' : `/${policy}`} statement ${index + 1}`;
}

function named(owner: string, policy: string | null, document: Json): [string, string][] {
  const statements = isObject(document) && Array.isArray(document.Statement) ? document.Statement : [];
  return statements.map((statement: Json, index: number) => {
    const { Effect: effect, Action: action } = isObject(statement) ? statement : {};
    return [statementName(owner, { policy, index }), `${effect} ${[action].flat().join(', ')}`];
  });
}
