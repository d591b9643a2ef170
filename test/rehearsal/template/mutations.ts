// Every way to break the synthesised template that its resources offer, each with the scenarios that must notice.
import { isObject, type JsonObject, type Template } from '../../../rehearsal/template/template.ts';
import { type Break, changed, dropped, gone, PLAIN } from './breaks.ts';
import { documentMutations } from './document-mutations.ts';
import { at, type Edit, edited, entriesOf } from './edits.ts';
import { associationMutations } from './install-mutations.ts';

export interface Mutation {
  readonly name: string;
  readonly template: Template;
  /** Names; one after the other until one fails. */
  readonly scenarios: readonly string[];
  /** Why no scenario can notice, and what holds it instead. */
  readonly survives?: string;
}

/** What nobody but a scenario with a fault in it can see. */
const FAULTY = [PLAIN, 'agent-not-registered', 'least-privilege', 'lambda-unreachable'] as const;

export function mutationsOf(template: Template): Mutation[] {
  return [...template.resources.values()].flatMap(({ logicalId, type, properties }) =>
    breaksOf(type, properties).map(({ name, edits, scenarios = [PLAIN], survives }) => ({
      name: `${type.replace('AWS::', '')}: ${name}`,
      template: edited(template, logicalId, edits),
      scenarios,
      ...(survives === undefined ? {} : { survives }),
    })),
  );
}

function breaksOf(type: string, properties: JsonObject): Break[] {
  switch (type) {
    case 'AWS::IAM::Policy':
      return [gone(FAULTY), ...policyBreaks(['PolicyDocument'], properties, true)];
    case 'AWS::IAM::ManagedPolicy':
      return [
        gone(['least-privilege']),
        ...policyBreaks(['PolicyDocument'], properties, true, ['least-privilege']),
        changed(['PolicyDocument', 'Statement', 0, 'Action'], 'ec2:*', { scenarios: ['least-privilege'] }),
      ];
    case 'AWS::SSM::Association':
      return associationMutations(properties);
    case 'AWS::IAM::Role':
      return policyBreaks(['AssumeRolePolicyDocument'], properties, false);
    case 'AWS::SQS::QueuePolicy':
      return [gone(['lambda-unreachable']), ...policyBreaks(['PolicyDocument'], properties, false)];
    case 'AWS::Lambda::Permission':
      return permissionBreaks();
    case 'AWS::Events::Rule':
      return [...patternBreaks(properties), ...ruleBreaks()];
    case 'AWS::Lambda::EventInvokeConfig':
      return invokeBreaks();
    case 'AWS::Lambda::Function':
      return [...functionBreaks(), ...variableBreaks(properties)];
    case 'AWS::SSM::Document':
      return documentMutations(properties);
    case 'AWS::Logs::LogGroup':
      return [
        gone([PLAIN]),
        dropped(['RetentionInDays'], { survives: 'cost alone; test/lib/template.test.ts asks for it' }),
      ];
    case 'AWS::SQS::Queue':
      return [
        gone([PLAIN]),
        ...['MessageRetentionPeriod', 'VisibilityTimeout', 'SqsManagedSseEnabled'].map((key) =>
          dropped([key], { survives: 'nothing reads the queue yet; test/lib/template.test.ts asks for it' }),
        ),
      ];
    default:
      throw new Error(`no mutations are known of ${type}`);
  }
}

/** `widens`: whether a wider resource would allow more. A queue's and a role's own policy reach no further. */
function policyBreaks(
  document: Edit['path'],
  properties: JsonObject,
  widens: boolean,
  scenarios: readonly string[] = FAULTY,
): Break[] {
  return entriesOf(at(properties, [...document, 'Statement'])).flatMap(([index, statement]) => {
    if (!isObject(statement)) return [];
    const path = [...document, 'Statement', index];
    const what = `statement ${Number(index) + 1} (${JSON.stringify(statement.Action)})`;
    const named = (name: string, edit: Edit): Break => ({
      name: `${what} ${name}`,
      edits: [edit],
      scenarios,
    });
    const actions = Array.isArray(statement.Action) ? entriesOf(statement.Action) : [];
    return [
      named('gone', { path }),
      ...actions.map(([n, action]) => named(`without ${action}`, { path: [...path, 'Action', n] })),
      ...(statement.Condition === undefined
        ? []
        : [named('without its condition', { path: [...path, 'Condition'] })]),
      ...(widens && statement.Resource !== '*'
        ? [named('on every resource', { path: [...path, 'Resource'], value: '*' })]
        : []),
    ];
  });
}

function permissionBreaks(): Break[] {
  return [
    gone([PLAIN]),
    changed(['Action'], 'lambda:GetFunction'),
    changed(['Principal'], 's3.amazonaws.com'),
    changed(['SourceArn'], 'arn:aws:events:us-east-1:123456789012:rule/other'),
    changed(['FunctionName'], 'other'),
    dropped(['SourceArn'], { scenarios: ['least-privilege'] }),
  ];
}

function patternBreaks(properties: JsonObject): Break[] {
  const noticing: Readonly<Record<string, readonly string[]>> = {
    account: ['foreign-account'],
    source: ['other-kinds'],
    'detail-type': ['other-kinds'],
  };
  return entriesOf(at(properties, ['EventPattern'])).flatMap(([key, values]) => {
    const path = ['EventPattern', key];
    return [
      {
        name: `pattern key ${key} misspelt`,
        edits: [{ path }, { path: ['EventPattern', `${key}s`], value: values }],
      },
      dropped(path, { scenarios: noticing[String(key)] ?? [] }),
      ...entriesOf(values).map(([n]) => {
        const noticed = key === 'detail-type' && n !== 0 ? BESIDE_SPOT[Number(n) - 1] : undefined;
        return changed([...path, n], 'other', { scenarios: [noticed ?? PLAIN] });
      }),
    ];
  });
}

/** The other detail-types, in the rule's order. */
const BESIDE_SPOT = [
  'reservation-warning',
  'reservation-warning-old-name',
  'rebalance-declined',
  'rebalance-declined',
] as const;

function ruleBreaks(): Break[] {
  const target = ['Targets', 0];
  return [
    gone([PLAIN]),
    changed(['State'], 'DISABLED'),
    changed(['EventBusName'], 'other'),
    changed(['Targets'], []),
    dropped([...target, 'DeadLetterConfig'], { scenarios: ['lambda-unreachable'] }),
    dropped([...target, 'RetryPolicy'], { scenarios: ['lambda-unreachable'] }),
    dropped([...target, 'RetryPolicy', 'MaximumEventAgeInSeconds'], { scenarios: ['lambda-unreachable'] }),
    dropped([...target, 'RetryPolicy', 'MaximumRetryAttempts'], {
      survives: 'the age ends the tries long before their count would; test/lib/template.test.ts asks for it',
    }),
  ];
}

function invokeBreaks(): Break[] {
  return [
    gone(['function-crashes']),
    dropped(['DestinationConfig'], { scenarios: ['function-crashes'] }),
    dropped(['MaximumRetryAttempts'], { scenarios: ['function-crashes'] }),
    dropped(['MaximumEventAgeInSeconds'], { scenarios: ['function-throttled'] }),
  ];
}

function functionBreaks(): Break[] {
  return [
    gone([PLAIN]),
    changed(['Handler'], 'index.handlr'),
    changed(['Handler'], 'main.handler'),
    changed(['Timeout'], 1),
    dropped(['Timeout'], { scenarios: ['no-answer'] }),
    dropped(['LoggingConfig']),
    dropped(['Role']),
    dropped(['MemorySize'], { survives: 'speed alone; test/lib/template.test.ts asks for it' }),
    dropped(['Architectures'], { survives: 'price alone; test/lib/template.test.ts asks for it' }),
  ];
}

function variableBreaks(properties: JsonObject): Break[] {
  const path = ['Environment', 'Variables'];
  const variables = at(properties, path);
  return entriesOf(variables).flatMap(([name, value]) => {
    const own = [...path, name];
    if (name === 'POWERTOOLS_LOG_LEVEL') {
      return [
        dropped(own, { survives: "INFO is Powertools' own default" }),
        changed(own, 'ERROR', { scenarios: ['graceful'] }),
      ];
    }
    const breaks = [
      dropped(own, { scenarios: ['graceful'] }),
      changed(own, 'other', { scenarios: ['graceful'] }),
    ];
    if (name !== 'SPOT_GUARD_DEFAULTS' || typeof value !== 'string') return breaks;
    const defaults: unknown = JSON.parse(value);
    const settings = isObject(defaults) ? Object.keys(defaults) : [];
    // Not those that the scenario's own tags say.
    const untold = settings.filter((setting) => setting === 'save-until' || setting === 'clean-until');
    const each = untold.map((setting) => {
      const other = JSON.stringify({ ...(isObject(defaults) ? defaults : {}), [setting]: '7' });
      return changed(own, other, { scenarios: ['two-settings-sources'] });
    });
    return [...breaks, ...each];
  });
}
