/** Consumer groups of the new protocol (KIP-848). */
import { oneOfIgnoringCase } from '../check.ts';
import { int, intMax, list, string } from '../setting.ts';

export const consumerGroupSettings = {
  'group.consumer.assignment.interval.ms': int(1000, { min: 0, dynamic: 'cluster-wide' }),
  'group.consumer.assignors': list(['uniform', 'range'], { filled: true }),
  'group.consumer.heartbeat.interval.ms': int(5000, { min: 1 }),
  'group.consumer.max.assignment.interval.ms': int(15_000, { min: 0 }),
  'group.consumer.max.heartbeat.interval.ms': int(15_000, { min: 1 }),
  'group.consumer.max.session.timeout.ms': int(60_000, { min: 1 }),
  'group.consumer.max.size': int(intMax, { min: 1 }),
  'group.consumer.migration.policy': string('bidirectional', {
    check: oneOfIgnoringCase(['DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL']),
  }),
  'group.consumer.min.assignment.interval.ms': int(0, { min: 0 }),
  'group.consumer.min.heartbeat.interval.ms': int(5000, { min: 1 }),
  'group.consumer.min.session.timeout.ms': int(45_000, { min: 1 }),
  'group.consumer.regex.refresh.interval.ms': int(600_000, { min: 10000, internal: true }),
  'group.consumer.session.timeout.ms': int(45_000, { min: 1 }),
};
