import { CfnParameter, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { METRICS, OUTCOME_METRICS } from '../../contract/metrics.ts';
import { THRESHOLDS } from '../../lib/alarm-settings.ts';
import { readContext } from '../../lib/context.ts';
import { SpotGuard, type SpotGuardProps, SpotGuardStack, WrongSettings } from '../../lib/index.ts';
import { appWith, CDK_JSON, only } from './synthesised.ts';

const read = (context: Record<string, unknown>) => readContext(appWith(context).node);
const guard = (props: SpotGuardProps) => new SpotGuard(new Stack(appWith(), 'Stack'), 'SpotGuard', props);
const RETENTION =
  '1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, 9999';

describe('readContext', () => {
  it('has the defaults of cdk.json where nothing is said', () => {
    const bare = appWith(Object.fromEntries(Object.keys(CDK_JSON.context).map((key) => [key, undefined])));
    expect(readContext(bare.node)).toEqual(read({}));
    expect(read({})).toEqual({
      stackName: 'SpotGuard',
      props: {
        logRetentionDays: 30,
        logLevel: 'INFO',
        drainUntil: Duration.seconds(45),
        saveUntil: Duration.seconds(10),
        cleanUntil: Duration.seconds(5),
        grace: Duration.seconds(5),
        ...THRESHOLDS,
      },
    });
  });

  it('takes thresholds of alarms, and where alarms go', () => {
    const topic = 'arn:aws:sns:us-east-1:123456789012:alarms';
    const { props } = read({ 'spot-guard:alarmFailed': '3', 'spot-guard:alarmTopicArn': topic });
    expect(props).toMatchObject({ alarmFailed: 3, alarmTopicArn: topic });
    expect(read({ 'spot-guard:alarmEmail': 'ops@example.com' }).props.alarmEmail).toBe('ops@example.com');
  });

  it('keeps calls free for the function, where it is told to', () => {
    const { props } = read({ 'spot-guard:reservedConcurrency': '200' });
    expect(props).toMatchObject({ reservedConcurrency: 200 });
    const respond = (given: SpotGuardProps) =>
      only(
        Template.fromStack(new SpotGuardStack(appWith(), 'S', given)),
        'AWS::Lambda::Function',
        'SpotGuardRespondFunction',
      ).Properties;
    expect(respond(props)).toMatchObject({ ReservedConcurrentExecutions: 200 });
    expect(respond({})).not.toHaveProperty('ReservedConcurrentExecutions');
    expect(() => read({ 'spot-guard:reservedConcurrency': 9 })).toThrow(
      'spot-guard:reservedConcurrency: got 9, allowed whole numbers from 10 to 10000',
    );
  });

  it('names each fault of the alarms', () => {
    expect(() =>
      read({
        'spot-guard:alarmFailed': 0,
        'spot-guard:alarmLate': '1.5',
        'spot-guard:alarmTopicArn': 'arn:aws:sqs:us-east-1:123456789012:alarms',
        'spot-guard:alarmEmail': 'ops',
        'spot-guard:alarmFaild': 2,
      }),
    ).toThrow(
      new WrongSettings(
        [
          'wrong settings',
          '  spot-guard:alarmFailed: got 0, allowed whole numbers from 1 to 1000000',
          '  spot-guard:alarmLate: got "1.5", allowed whole numbers from 1 to 1000000',
          '  spot-guard:alarmTopicArn: got "arn:aws:sqs:us-east-1:123456789012:alarms", allowed an SNS topic\'s ARN',
          '  spot-guard:alarmEmail: got "ops", allowed an e-mail address',
          '  spot-guard:alarmFaild: no such setting, did you mean spot-guard:alarmFailed?',
        ].join('\n'),
      ),
    );
  });

  it('has an e-mail or a topic, not both', () => {
    const both = {
      'spot-guard:alarmTopicArn': 'arn:aws:sns:us-east-1:123456789012:alarms',
      'spot-guard:alarmEmail': 'ops@example.com',
    };
    expect(() => read(both)).toThrow(
      'spot-guard:alarmEmail: got "ops@example.com", allowed no e-mail beside spot-guard:alarmTopicArn: subscribe it to that topic',
    );
  });

  it('takes numbers as cdk.json has them and as the command line has them', () => {
    const { props } = read({ 'spot-guard:drainUntil': 60, 'spot-guard:logRetentionDays': '7' });
    expect(props.drainUntil?.toSeconds()).toBe(60);
    expect(props.logRetentionDays).toBe(7);
  });

  it('names every fault in one message', () => {
    const readAll = () =>
      read({
        'spot-guard:stackName': '7up',
        'spot-guard:logRetentionDays': 31,
        'spot-guard:logLevel': 'info',
        'spot-guard:drainUntil': '',
        'spot-guard:saveUntil': '200',
        'spot-guard:cleanUntil': '5s',
        'spot-guard:grace': 2.5,
        'spot-guard:darinUntil': 30,
      });
    expect(readAll).toThrow(
      new WrongSettings(
        [
          'wrong settings',
          `  spot-guard:logRetentionDays: got 31, allowed ${RETENTION}`,
          '  spot-guard:logLevel: got "info", allowed DEBUG, INFO, WARN, ERROR',
          '  spot-guard:drainUntil: got "", allowed whole seconds from 4 to 115',
          '  spot-guard:saveUntil: got 200, allowed whole seconds from 4 to 115',
          '  spot-guard:cleanUntil: got "5s", allowed whole seconds from 4 to 60',
          '  spot-guard:grace: got 2.5, allowed whole seconds from 1 to 30',
          '  spot-guard:stackName: got "7up", allowed a letter, then at most 127 letters, digits and hyphens',
          '  spot-guard:darinUntil: no such setting, did you mean spot-guard:drainUntil?',
        ].join('\n'),
      ),
    );
  });

  it.each([null, true, [], {}, '0x10', '1e1', ' 10', '10 ', '-5', '٤٥', '2'])(
    'refuses the seconds %j',
    (value) => {
      expect(() => read({ 'spot-guard:saveUntil': value })).toThrow('spot-guard:saveUntil: got ');
    },
  );

  it.each(['', 7, null, 'a b', '-a', 'x'.repeat(129)])('refuses the stack name %j', (value) => {
    expect(() => read({ 'spot-guard:stackName': value })).toThrow('spot-guard:stackName: got ');
  });

  it('has the moments fall', () => {
    expect(() => read({ 'spot-guard:saveUntil': 46 })).toThrow(
      new WrongSettings(
        'wrong settings\n  spot-guard:saveUntil: got 46, allowed at most spot-guard:drainUntil, which is 45',
      ),
    );
    expect(() => read({ 'spot-guard:cleanUntil': 11 })).toThrow(
      new WrongSettings(
        'wrong settings\n  spot-guard:cleanUntil: got 11, allowed at most spot-guard:saveUntil, which is 10',
      ),
    );
  });

  it('tells all names where none is near', () => {
    expect(() => read({ 'spot-guard:foo': 1 })).toThrow(
      /^wrong settings\n {2}spot-guard:foo: no such setting, allowed spot-guard:stackName, spot-guard:[A-Za-z, :-]+$/,
    );
  });

  it('leaves the context of others alone', () => {
    expect(() => read({ 'spot-guardian:saveUntil': 'x', spotGuard: 'y' })).not.toThrow();
  });

  it('does not take an inherited name for a setting', () => {
    expect(() => read({ 'spot-guard:constructor': 1, 'spot-guard:': 1 })).toThrow(
      /spot-guard:constructor: no such setting.*\n.*spot-guard:: no such setting/,
    );
  });
});

describe('the props of the construct', () => {
  it('are held to the same', () => {
    const props: SpotGuardProps = { drainUntil: Duration.minutes(2), grace: Duration.millis(1_500) };
    expect(() => guard(props)).toThrow(
      new WrongSettings(
        [
          'wrong settings',
          '  drainUntil: got Duration.seconds(120), allowed Duration.seconds(N), N whole and from 4 to 115',
          '  grace: got Duration.seconds(1.5), allowed Duration.seconds(N), N whole and from 1 to 30',
        ].join('\n'),
      ),
    );
  });

  // Regression: a name that there is not was passed over, and a number in place of a Duration threw a TypeError.
  it('are named with all faults together where JavaScript gives what TypeScript would not', () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    const props = {
      drainUntil: 60,
      saveUntil: '10',
      cleanUntil: circle,
      grace: Duration.minutes(Lazy.number({ produce: () => 1 })),
      logLevel: 10n,
      logRetentionDays: '7',
      logRetention: 7,
      darinUntil: Duration.seconds(60),
      absent: undefined,
    };
    const faults = [
      'wrong settings',
      `  logRetentionDays: got "7", allowed ${RETENTION}`,
      '  logLevel: got 10, allowed DEBUG, INFO, WARN, ERROR',
      '  drainUntil: got 60, allowed Duration.seconds(N), N whole and from 4 to 115',
      '  saveUntil: got "10", allowed Duration.seconds(N), N whole and from 4 to 115',
      '  cleanUntil: got an object, allowed Duration.seconds(N), N whole and from 4 to 60',
      '  grace: got a Duration of a token that is not seconds, allowed Duration.seconds(N), N whole and from 1 to 30',
      '  logRetention: no such setting, did you mean logRetentionDays?',
      '  darinUntil: no such setting, did you mean drainUntil?',
    ];
    expect(() => guard(props as unknown as SpotGuardProps)).toThrow(new WrongSettings(faults.join('\n')));
  });

  it.each([[null], ['x'], [7], [[]]])('must be an object: %j is none', (props) => {
    expect(() => guard(props as unknown as SpotGuardProps)).toThrow(/props: got .*, allowed an object$/);
  });

  it('take a Duration of another copy of the CDK', () => {
    const foreign = { toSeconds: () => 60 } as Duration;
    expect(() => guard({ drainUntil: foreign })).not.toThrow();
  });

  it('stand in those of the stack beside what every stack takes', () => {
    const stack = (props: object) => new SpotGuardStack(appWith(), 'Stack', props);
    const known = { description: 'x', env: { region: 'eu-west-1' }, tags: { a: 'b' }, stackName: 'Mine' };
    expect(() => stack({ ...known, grace: Duration.seconds(9) })).not.toThrow();
    expect(() => stack({ ...known, descripton: 'x', grce: 7 })).toThrow(
      new WrongSettings(
        'wrong settings\n  descripton: no such setting, did you mean description?\n  grce: no such setting, did you mean grace?',
      ),
    );
  });

  it('can be tokens, that only the deployment resolves', () => {
    const stack = new Stack(appWith(), 'Stack');
    const parameter = new CfnParameter(stack, 'Drain', { type: 'Number' });
    new SpotGuard(stack, 'SpotGuard', {
      drainUntil: Duration.seconds(parameter.valueAsNumber),
      saveUntil: Duration.seconds(Lazy.number({ produce: () => 12 })),
    });
    const template = Template.fromStack(stack);
    const { Environment } = only(template, 'AWS::Lambda::Function', 'SpotGuardRespondFunction').Properties;
    expect(Environment).toMatchObject({
      Variables: {
        SPOT_GUARD_DEFAULTS: {
          'Fn::Join': [
            '',
            ['{"drain-until":"', { Ref: 'Drain' }, '","save-until":"12","clean-until":"5","grace":"5"}'],
          ],
        },
      },
    });
    // One string, as the parameter takes it.
    expect(only(template, 'AWS::SSM::Association', '"enabled"').Properties.Parameters).toEqual({
      Defaults: [
        {
          'Fn::Join': [
            '',
            [
              'drain-until=',
              { Ref: 'Drain' },
              ',save-until=12,clean-until=5,grace=5,reports=',
              { Ref: expect.stringContaining('Bucket') },
            ],
          ],
        },
      ],
    });
  });
});

describe('the metrics of the construct', () => {
  it('are those of the contract, each by its name', () => {
    const spotGuard = guard({});
    const names = [...new Set([...Object.values(METRICS), ...Object.values(OUTCOME_METRICS)])];
    for (const name of names) {
      expect(spotGuard.metric(name)).toMatchObject({
        metricName: name,
        namespace: 'SpotGuard',
        dimensions: { service: 'spot-guard' },
      });
    }
  });

  it('sum counts, take the slowest time and the least to spare, and yield to the caller', () => {
    const spotGuard = guard({});
    expect(spotGuard.metric('CommandsSent').statistic).toBe('Sum');
    expect(spotGuard.metric('SecondsToSpare').statistic).toBe('Minimum');
    expect(spotGuard.metric('NoticeToCommand').statistic).toBe('Maximum');
    expect(spotGuard.metric('NoticeToCommand', { statistic: 'p90' }).statistic).toBe('p90');
  });
});
