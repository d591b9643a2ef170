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
const FAULTY = [
  PLAIN,
  'least-privilege',
  'function-crashes',
  'agent-not-registered',
  'lambda-unreachable',
] as const;

export function mutationsOf(template: Template): Mutation[] {
  return [...template.resources.values()].flatMap(({ logicalId, type, properties }) =>
    breaksOf(logicalId, type, properties).map(({ name, edits, scenarios = [PLAIN], survives }) => ({
      name: `${type.replace('AWS::', '')}${partOf(logicalId)}: ${name}`,
      template: edited(template, logicalId, edits),
      scenarios,
      ...(survives === undefined ? {} : { survives }),
    })),
  );
}

/** Of what, where the stack has several of a type. */
function partOf(logicalId: string): string {
  const [, part, of = ''] =
    /^SpotGuard(Respond|Settle(?!ment)|Coverage|SettlementDeadLetters|SettlementQueue|OverflowDeadLetters|OverflowQueue|Fleet(?!Requests)|FleetRequestsDeadLetters|FleetRequestsQueue|Notices)(Schedule)?/.exec(
      logicalId,
    ) ?? [];
  return part === undefined ? '' : ` of ${part.toLowerCase()}${of.toLowerCase()}`;
}

function breaksOf(logicalId: string, type: string, properties: JsonObject): Break[] {
  const part = /^SpotGuard(Settle(?!ment)|Coverage|Fleet(?!Requests))/.exec(logicalId)?.[1];
  if (part === 'Coverage') return coverageBreaks(type, properties);
  if (part === 'Settle') return settleBreaks(type, properties);
  if (part === 'Fleet') return fleetBreaks(type, properties);
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
      return [
        gone([logicalId.includes('OverflowQueue') ? 'lambda-unreachable' : 'least-privilege']),
        ...policyBreaks(['PolicyDocument'], properties, false),
      ];
    case 'AWS::S3::Bucket':
      return [
        gone([PLAIN]),
        ...Object.keys(properties).flatMap((key) =>
          key === 'Tags' ? [] : [dropped([key], { survives: `no scenario can see it; ${LIB_ASKS}` })],
        ),
      ];
    case 'AWS::S3::BucketPolicy':
    case 'AWS::SNS::TopicPolicy':
      return [
        gone(['least-privilege']),
        ...policyBreaks(['PolicyDocument'], properties, false, ['least-privilege']),
      ];
    case 'AWS::SNS::Topic':
      return [gone([PLAIN])];
    case 'AWS::CloudWatch::Alarm':
      return [
        { ...gone([]), name: `${logicalId} gone`, survives: `nothing here raises alarms; ${LIB_ASKS}` },
      ];
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
        dropped(['RetentionInDays'], { survives: 'cost alone; a test of test/lib asks for it' }),
      ];
    case 'AWS::SQS::Queue':
      return queueBreaks(properties);
    case 'AWS::Lambda::EventSourceMapping':
      return sourceBreaks(['function-crashes'], ['agent-registers-late']);
    default:
      throw new Error(`no mutations are known of ${type}`);
  }
}

const LIB_ASKS = 'a test of test/lib asks for it';

function queueBreaks(properties: JsonObject): Break[] {
  const survives: Readonly<Record<string, string>> = {
    DelaySeconds: 'settle puts off what is too early',
    MessageRetentionPeriod: 'nothing here waits for days',
    VisibilityTimeout: 'nothing here takes so long',
    SqsManagedSseEnabled: 'nobody here reads the disk',
    DeduplicationScope: 'nothing here leaves so many tickets',
    FifoThroughputLimit: 'nothing here leaves so many tickets',
  };
  return [
    gone([PLAIN]),
    ...Object.keys(properties).map((key) => {
      const why = survives[key];
      if (why !== undefined) return dropped([key], { survives: `${why}; ${LIB_ASKS}` });
      return dropped([key], {
        scenarios: [PLAIN, 'settle-never-works', 'function-never-works', 'fleet-never-works'],
      });
    }),
  ];
}

/** What settles: the plain way ends with it. */
function settleBreaks(type: string, properties: JsonObject): Break[] {
  switch (type) {
    case 'AWS::IAM::Policy':
      return [
        gone([PLAIN]),
        ...policyBreaks(['PolicyDocument'], properties, true, [
          PLAIN,
          'event-lost',
          'instance-lives-on',
          'claim-answer-lost',
          'least-privilege',
        ]),
      ];
    case 'AWS::IAM::Role':
      return policyBreaks(['AssumeRolePolicyDocument'], properties, false);
    case 'AWS::Lambda::Function':
      return [
        ...functionBreaks(`seconds that nothing here needs; ${LIB_ASKS}`),
        ...variableBreaks(properties).map((one) => {
          if (one.name.includes('_DOCUMENT is')) return { ...one, scenarios: ['ticket-never-left'] };
          return one.name.includes('_QUEUE is') ? { ...one, scenarios: ['instance-lives-on'] } : one;
        }),
      ];
    case 'AWS::Lambda::EventSourceMapping':
      return sourceBreaks([PLAIN], ['instance-lives-on']);
    default:
      throw new Error(`no mutations are known of ${type} of settle`);
  }
}

/** What does fleet actions: an instance must ask for them. */
function fleetBreaks(type: string, properties: JsonObject): Break[] {
  const scenarios = ['fleet-actions', 'least-privilege', 'fleet-throttled', 'fleet-denied'];
  const noticed = (breaks: readonly Break[]): Break[] =>
    breaks.map((one) => (one.survives === undefined ? { ...one, scenarios } : one));
  switch (type) {
    case 'AWS::IAM::Policy':
      return [gone(scenarios), ...policyBreaks(['PolicyDocument'], properties, true, scenarios)];
    case 'AWS::IAM::Role':
      return noticed(policyBreaks(['AssumeRolePolicyDocument'], properties, false));
    case 'AWS::Lambda::Function':
      return noticed([
        ...functionBreaks(`seconds that nothing here needs; ${LIB_ASKS}`),
        ...variableBreaks(properties),
      ]);
    case 'AWS::Lambda::EventSourceMapping':
      return [...sourceBreaks(scenarios, ['fleet-denied'])];
    default:
      throw new Error(`no mutations are known of ${type} of fleet`);
  }
}

/** `failing`: where something of a batch is to come again. */
function sourceBreaks(scenarios: readonly string[], failing: readonly string[]): Break[] {
  return [
    gone(scenarios),
    changed(['FunctionName'], 'other', { scenarios }),
    changed(['EventSourceArn'], 'other', { scenarios }),
    dropped(['FunctionResponseTypes'], { scenarios: failing }),
    ...['BatchSize', 'ScalingConfig'].map((key) =>
      dropped([key], { survives: `it is for many notices at once; ${LIB_ASKS}` }),
    ),
  ];
}

/** What looks for lost notices: a scenario must lose one. */
function coverageBreaks(type: string, properties: JsonObject): Break[] {
  const scenarios = ['event-lost', 'least-privilege'];
  const noticed = (breaks: readonly Break[]): Break[] =>
    breaks.map((one) => (one.survives === undefined ? { ...one, scenarios } : one));
  switch (type) {
    case 'AWS::IAM::Policy':
      return [gone(scenarios), ...policyBreaks(['PolicyDocument'], properties, true, scenarios)];
    case 'AWS::IAM::Role':
      return noticed(policyBreaks(['AssumeRolePolicyDocument'], properties, false));
    case 'AWS::Lambda::Function':
      return noticed([
        ...functionBreaks(`seconds that nothing here needs; ${LIB_ASKS}`),
        ...variableBreaks(properties, ['POWERTOOLS_METRICS_NAMESPACE']),
      ]);
    case 'AWS::Lambda::EventInvokeConfig':
      return [
        dropped(['MaximumRetryAttempts'], { survives: `the next run looks again anyway; ${LIB_ASKS}` }),
      ];
    case 'AWS::Lambda::Permission':
      return noticed(permissionBreaks());
    case 'AWS::Events::Rule':
      return [
        ...noticed([
          gone(scenarios),
          changed(['State'], 'DISABLED'),
          changed(['ScheduleExpression'], 'rate(1 day)'),
          changed(['Targets'], []),
        ]),
        dropped(['Targets', 0, 'RetryPolicy'], { survives: `the next run looks again anyway; ${LIB_ASKS}` }),
      ];
    default:
      throw new Error(`no mutations are known of ${type} of coverage`);
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
      survives: 'the age ends the tries long before their count would; a test of test/lib asks for it',
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

/** `needless`: why nobody misses its own timeout, where nobody does. */
function functionBreaks(needless?: string): Break[] {
  return [
    gone([PLAIN]),
    changed(['Handler'], 'index.handlr'),
    changed(['Handler'], 'main.handler'),
    changed(['Timeout'], 1),
    dropped(['Timeout'], needless === undefined ? { scenarios: ['no-answer'] } : { survives: needless }),
    dropped(['LoggingConfig']),
    dropped(['Role']),
    dropped(['MemorySize'], { survives: 'speed alone; a test of test/lib asks for it' }),
    dropped(['Architectures'], { survives: 'price alone; a test of test/lib asks for it' }),
  ];
}

/** Who asks for the value itself, where the plain way does not. */
const FOR_VALUES: Readonly<Record<string, readonly string[]>> = {
  SPOT_GUARD_OVERFLOW_QUEUE: ['agent-registers-late'],
  SPOT_GUARD_DEAD_LETTER_QUEUE: ['agent-not-registered'],
  SPOT_GUARD_FLEET_QUEUE: ['fleet-actions'],
};

/** `unread`: what every function is given and this one does not read. */
function variableBreaks(properties: JsonObject, unread: readonly string[] = []): Break[] {
  const path = ['Environment', 'Variables'];
  const variables = at(properties, path);
  return entriesOf(variables).flatMap(([name, value]) => {
    const own = [...path, name];
    if (unread.includes(String(name))) return [dropped(own, { survives: 'it counts nothing itself' })];
    if (name === 'POWERTOOLS_LOG_LEVEL') {
      return [
        dropped(own, { survives: "INFO is Powertools' own default" }),
        changed(own, 'ERROR', { scenarios: ['graceful'] }),
      ];
    }
    const breaks = [
      dropped(own, { scenarios: ['graceful'] }),
      changed(own, 'other', { scenarios: FOR_VALUES[String(name)] ?? ['graceful'] }),
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
