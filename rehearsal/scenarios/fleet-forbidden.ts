// What no role may do to what instances belong to, and only `fleet` to what is tagged for it.
import type { AccessRequest } from '../region/iam.ts';

export interface Forbidden extends Pick<AccessRequest, 'principal' | 'action' | 'resource' | 'context'> {
  readonly what: string;
}

/** Of another account. */
const elsewhere = (arn: string): string => arn.replace(/:\d{12}:/, ':999999999999:');

/** `fleet` may change what is tagged for it, the other functions not even that. */
export function fleetForbidden(
  isFleet: boolean,
  arn: (service: string, rest: string) => string,
  may: (what: string, action: string, resource: string, context?: Record<string, string>) => Forbidden,
): Forbidden[] {
  const group = arn('elasticloadbalancing', 'targetgroup/web/0123456789abcdef');
  const scaling = arn('autoscaling', 'autoScalingGroup:1:autoScalingGroupName/g');
  const [deregister, detach] = ['elasticloadbalancing:DeregisterTargets', 'autoscaling:DetachInstances'];
  const wrong = (key: string, value: string) => ({
    [`aws:ResourceTag/spot-guard:${key}`]: value,
    'aws:ResourceTag/spot-guard': 'enabled',
  });
  return [
    may('deregister from a target group that is not tagged', deregister, group),
    may('deregister from one tagged otherwise', deregister, group, wrong('deregister', 'target')),
    may('detach from an Auto Scaling group that is not tagged', detach, scaling),
    may('detach from one tagged otherwise', detach, scaling, wrong('replace', 'ASG')),
    may('register with a target group', 'elasticloadbalancing:RegisterTargets', group, {
      'aws:ResourceTag/spot-guard:deregister': 'targets',
    }),
    may('resize an Auto Scaling group', 'autoscaling:SetDesiredCapacity', scaling, {
      'aws:ResourceTag/spot-guard:replace': 'asg',
    }),
    may('deregister from a tagged target group elsewhere', deregister, elsewhere(group), {
      'aws:ResourceTag/spot-guard:deregister': 'targets',
    }),
    may('detach from a tagged Auto Scaling group elsewhere', detach, elsewhere(scaling), {
      'aws:ResourceTag/spot-guard:replace': 'asg',
    }),
    ...(isFleet
      ? []
      : [
          may('deregister from a tagged target group', deregister, group, {
            'aws:ResourceTag/spot-guard:deregister': 'targets',
          }),
          may('detach from a tagged Auto Scaling group', detach, scaling, {
            'aws:ResourceTag/spot-guard:replace': 'asg',
          }),
        ]),
  ];
}
