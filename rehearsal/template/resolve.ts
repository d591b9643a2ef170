// Intrinsic functions of a template, resolved for one account and Region. One that is not known here
// is an error: a wire that is silently missing would make the rehearsal prove nothing.
import { isObject, type Json, type JsonObject, type Resource, type Template } from './template.ts';

export interface Place {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly urlSuffix: string;
  readonly stackName: string;
}

/** What a resource turns into once it exists: its Ref and its attributes. */
export interface Physical {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What AWS would have given the resource; only the types that SpotGuard's stack is made of. */
export type Physicals = (resource: Resource) => Physical;

export function partitionOf(region: string): Pick<Place, 'partition' | 'urlSuffix'> {
  if (region.startsWith('cn-')) return { partition: 'aws-cn', urlSuffix: 'amazonaws.com.cn' };
  if (region.startsWith('us-gov-')) return { partition: 'aws-us-gov', urlSuffix: 'amazonaws.com' };
  return { partition: 'aws', urlSuffix: 'amazonaws.com' };
}

export function resolver(template: Template, place: Place, physicals: Physicals): (value: Json) => Json {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': place.account,
    'AWS::Region': place.region,
    'AWS::Partition': place.partition,
    'AWS::URLSuffix': place.urlSuffix,
    'AWS::StackName': place.stackName,
    'AWS::StackId': `arn:${place.partition}:cloudformation:${place.region}:${place.account}:stack/${place.stackName}/rehearsal`,
  };

  function ref(name: string): string {
    const known = pseudo[name];
    if (known !== undefined) return known;
    const parameter = template.parameters[name];
    if (isObject(parameter) && typeof parameter.Default === 'string') return parameter.Default;
    return physicals(resourceOf(name)).ref;
  }

  function resourceOf(name: string): Resource {
    const resource = template.resources.get(name);
    if (!resource) throw new Error(`the template refers to ${name}, which it does not define`);
    return resource;
  }

  function attribute(name: string, key: string): string {
    const value = physicals(resourceOf(name)).attributes[key];
    if (value === undefined) {
      throw new Error(
        `the rehearsal does not know the attribute ${key} of ${name} (${resourceOf(name).type})`,
      );
    }
    return value;
  }

  function sub(text: string, own: JsonObject): string {
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_all, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      const given = own[name];
      if (given !== undefined) return string(given, `Fn::Sub variable ${name}`);
      const dot = name.indexOf('.');
      return dot < 0 ? ref(name) : attribute(name.slice(0, dot), name.slice(dot + 1));
    });
  }

  function string(value: Json, where: string): string {
    const resolved = resolve(value);
    if (typeof resolved !== 'string' && typeof resolved !== 'number') {
      throw new Error(`${where} must be a string, got ${JSON.stringify(resolved)}`);
    }
    return String(resolved);
  }

  function list(value: Json | undefined, where: string): readonly Json[] {
    const resolved = value === undefined ? value : resolve(value);
    if (!Array.isArray(resolved)) throw new Error(`${where} takes a list, got ${JSON.stringify(value)}`);
    return resolved;
  }

  function intrinsic(name: string, argument: Json): Json {
    const parts = Array.isArray(argument) ? argument : [];
    switch (name) {
      case 'Ref':
        return ref(String(argument));
      case 'Fn::GetAtt': {
        const [id, ...keys] = typeof argument === 'string' ? argument.split('.') : parts.map(String);
        return attribute(id ?? '', keys.join('.'));
      }
      case 'Fn::Join':
        return list(parts[1], name)
          .map((part) => string(part, name))
          .join(String(parts[0]));
      case 'Fn::Sub':
        return typeof argument === 'string'
          ? sub(argument, {})
          : sub(String(parts[0]), isObject(parts[1]) ? parts[1] : {});
      case 'Fn::Split':
        return string(parts[1] ?? null, name).split(String(parts[0]));
      case 'Fn::Select': {
        const chosen = list(parts[1], name)[Number(parts[0])];
        if (chosen === undefined) throw new Error(`Fn::Select: no item ${JSON.stringify(parts[0])}`);
        return chosen;
      }
      default:
        throw new Error(`the rehearsal does not support the intrinsic function ${name}`);
    }
  }

  function resolve(value: Json): Json {
    if (Array.isArray(value)) return value.map(resolve);
    if (!isObject(value)) return value;
    const keys = Object.keys(value);
    const [only] = keys;
    if (keys.length === 1 && only !== undefined && (only === 'Ref' || only.startsWith('Fn::'))) {
      return intrinsic(only, value[only] ?? null);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item)]));
  }
  return resolve;
}
