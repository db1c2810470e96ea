/** Streams groups (KIP-1071). */
import { int, intMax } from '../setting.ts';

export const streamsGroupSettings = {
  'group.streams.assignment.interval.ms': int(1000, { min: 0, dynamic: 'cluster-wide' }),
  'group.streams.heartbeat.interval.ms': int(5000, { min: 1 }),
  'group.streams.initial.rebalance.delay.ms': int(3000, { min: 0 }),
  'group.streams.max.assignment.interval.ms': int(15_000, { min: 0 }),
  'group.streams.max.heartbeat.interval.ms': int(15_000, { min: 1 }),
  'group.streams.max.session.timeout.ms': int(60_000, { min: 1 }),
  'group.streams.max.size': int(intMax, { min: 1 }),
  'group.streams.max.standby.replicas': int(2, { min: 0 }),
  'group.streams.min.assignment.interval.ms': int(0, { min: 0 }),
  'group.streams.min.heartbeat.interval.ms': int(5000, { min: 1 }),
  'group.streams.min.session.timeout.ms': int(45_000, { min: 1 }),
  'group.streams.num.standby.replicas': int(0, { min: 0 }),
  'group.streams.session.timeout.ms': int(45_000, { min: 1 }),
};
