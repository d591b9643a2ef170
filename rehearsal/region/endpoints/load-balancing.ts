// Elastic Load Balancing as far as `fleet` calls it, and the index of tags by which it finds target groups.
import { isObject, type JsonObject } from '../../template/template.ts';
import type { Fleet, TargetGroup } from '../fleet.ts';
import { members, queryProtocol } from './query-protocol.ts';
import { jsonProtocol, type Service, ServiceFault, strings } from './service.ts';

const query = queryProtocol('http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/');

export function loadBalancingService(fleet: Fleet): Service {
  const groupOf = (input: JsonObject): TargetGroup => {
    const arn = String(input.TargetGroupArn ?? '');
    const group = fleet.targetGroups.find((one) => one.arn === arn);
    if (!group || group.deleted)
      throw new ServiceFault('TargetGroupNotFound', 'One or more target groups not found');
    return group;
  };
  return {
    name: 'elasticloadbalancing',
    ...query,
    touches({ action, input }) {
      if (action !== 'DeregisterTargets') return [{ resource: '*' }];
      const resource = String(input.TargetGroupArn ?? '');
      const group = fleet.targetGroups.find(({ arn }) => arn === resource);
      return [{ resource, context: tagContext(group?.tags ?? {}) }];
    },
    async answer({ action, input }) {
      if (action === 'DescribeTargetHealth') {
        const targets = groupOf(input).targets.map(({ id, port, state }) => ({
          Target: { Id: id, Port: port },
          HealthCheckPort: port,
          TargetHealth: { State: state },
        }));
        return query.ok(action, { TargetHealthDescriptions: targets });
      }
      if (action === 'DeregisterTargets') {
        const group = groupOf(input);
        const ids = members(input, 'Targets', '.Id');
        for (const [index, id] of ids.entries()) {
          const port = input[`Targets.member.${index + 1}.Port`];
          // Without its port, only a target at the port of the group is meant: here all have one of their own.
          const target = group.targets.find((one) => one.id === id && String(one.port) === String(port));
          if (target) target.state = 'draining';
        }
        return query.ok(action, {});
      }
      throw new ServiceFault('InvalidAction', `Could not find operation ${action}`);
    },
  };
}

const json = jsonProtocol({ version: '1.1', message: 'Message' });
const TYPE = 'elasticloadbalancing:targetgroup';

export function taggingService(fleet: Fleet): Service {
  return {
    name: 'tagging',
    denied: { code: 'AccessDeniedException', status: 400 },
    throttled: { code: 'ThrottledException', status: 400, message: 'Rate exceeded' },
    broken: 'InternalServiceException',
    read: json.read,
    refuse: json.refuse,
    // IAM has another name for the service.
    touches: ({ action }) => [{ resource: '*', action: `tag:${action}` }],
    async answer({ action, input }) {
      if (action !== 'GetResources')
        throw new ServiceFault('UnknownOperationException', `no operation ${action} here`);
      return json.ok(getResources(fleet, input));
    },
  };
}

/** A page is of 100 at most (GetResources, ResourcesPerPage). */
function getResources({ targetGroups }: Fleet, input: JsonObject): object {
  const types = strings(input.ResourceTypeFilters);
  const filters = Array.isArray(input.TagFilters) ? input.TagFilters.filter(isObject) : [];
  const size = Number(input.ResourcesPerPage ?? 50);
  if (!(size >= 1 && size <= 100))
    throw new ServiceFault('InvalidParameterException', `ResourcesPerPage: got ${size}`);
  const found = targetGroups.filter(
    ({ tags }) =>
      (types.length === 0 || types.includes(TYPE)) &&
      filters.every(({ Key: key, Values: values }) => {
        const value = tags[String(key)];
        return value !== undefined && (strings(values).length === 0 || strings(values).includes(value));
      }),
  );
  const from = Number(input.PaginationToken || 0);
  return {
    PaginationToken: from + size < found.length ? String(from + size) : '',
    ResourceTagMappingList: found.slice(from, from + size).map(({ arn, tags }) => ({
      ResourceARN: arn,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    })),
  };
}

/** What policies see of a resource's tags. */
export function tagContext(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
}
