// The events of EC2 that SpotGuard listens for.
export const EVENT_SOURCE = 'aws.ec2';
export const INTERRUPTION_DETAIL_TYPE = 'EC2 Spot Instance Interruption Warning';

/** An interruptible Capacity Reservation takes its instance back. EC2's user guide has had both spellings. */
export const RESERVATION_DETAIL_TYPES = [
  'EC2 Capacity Reservation Instance Interruption Warning',
  'EC2 Interruptible Capacity Reservation Instance Interruption Warning',
] as const;

/** EC2's reference lists both. No deadline comes with it, and no action. */
export const REBALANCE_DETAIL_TYPES = [
  'EC2 Instance Rebalance Recommendation',
  'EC2 Spot Instance Rebalance Recommended',
] as const;

/** In the detail of those of a reservation: when the instance ends, RFC 3339 in UTC. */
export const TERMINATION_TIME = 'instance-termination-time';
