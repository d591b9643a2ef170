// What the stack has for the instances themselves: State Manager's associations, and policies for their roles.
import type { CommandDocument } from '../region/document.ts';
import { checkParameters } from '../region/endpoints/send-command.ts';
import type { Physical } from './resolve.ts';
import { isObject, type Json, type Resource } from './template.ts';

/** With its references resolved. */
type Deployed = Resource & Physical;

export interface Association {
  readonly documentName: string;
  /** Of the one tag that chooses its instances. */
  readonly tagKey: string;
  readonly tagValues: readonly string[];
  /** As the document takes them, its defaults filled in. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface InstancePolicy {
  readonly arn: string;
  readonly name: string;
  readonly policy: Json;
}

/** Throws where State Manager would refuse it, or where it chooses its instances in a way not known here. */
export function readAssociation(
  { logicalId, properties }: Deployed,
  documents: ReadonlyMap<string, CommandDocument>,
): Association {
  const { Name: name, Targets: targets, Parameters: given = {}, ScheduleExpression: schedule } = properties;
  const refuse = (why: string): never => {
    throw new Error(`association ${logicalId}: ${why}`);
  };
  const document = documents.get(String(name)) ?? refuse(`there is no document ${JSON.stringify(name)}`);
  const [target, ...others] = Array.isArray(targets) ? targets.filter(isObject) : [];
  const [, tagKey] = /^tag:(.+)$/.exec(String(target?.Key)) ?? [];
  const values = Array.isArray(target?.Values) ? target.Values.map(String) : [];
  if (tagKey === undefined || values.length === 0 || others.length > 0) {
    return refuse(`Targets must name one tag:KEY and its values, got ${JSON.stringify(targets)}`);
  }
  if (schedule !== undefined && !/^(rate|cron|at)\(.+\)$/.test(String(schedule))) {
    refuse(`ScheduleExpression must be rate(), cron() or at(), got ${JSON.stringify(schedule)}`);
  }
  return {
    documentName: document.name,
    tagKey,
    tagValues: values,
    parameters: checkParameters(document, given),
  };
}

export function readInstancePolicy({ ref, properties }: Deployed): InstancePolicy {
  return { arn: ref, name: ref.slice(ref.lastIndexOf('/') + 1), policy: properties.PolicyDocument ?? null };
}
