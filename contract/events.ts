// The events of EC2 that SpotGuard listens for.
export const EVENT_SOURCE = 'aws.ec2';
export const INTERRUPTION_DETAIL_TYPE = 'EC2 Spot Instance Interruption Warning';
