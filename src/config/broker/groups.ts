/** Classic groups, committed offsets and what all coordinators share. */
import { int, intMax, list, long, short } from '../setting.ts';

export const groupCoordinatorSettings = {
  'group.coordinator.append.linger.ms': int(-1, { min: -1 }),
  'group.coordinator.background.threads': int(2, { min: 1, importance: 'high' }),
  'group.coordinator.cached.buffer.max.bytes': int(1_048_588, { min: 524288, dynamic: 'cluster-wide' }),
  'group.coordinator.rebalance.protocols': list(['classic', 'consumer', 'streams'], {
    someOf: ['consumer', 'classic', 'share', 'streams'],
    filled: true,
  }),
  'group.coordinator.threads': int(4, { min: 1, importance: 'high' }),
  'group.initial.rebalance.delay.ms': int(0, {
    kafkaDefault: '3000',
    effect: 'How long an empty classic group waits for more members before its first rebalance.',
  }),
  'group.max.session.timeout.ms': int(1_800_000, {
    effect: 'The longest session timeout that a classic member may ask for.',
  }),
  'group.max.size': int(intMax, { min: 1, effect: 'Members of a classic group.' }),
  'group.min.session.timeout.ms': int(6000, {
    effect: 'The shortest session timeout that a classic member may ask for.',
  }),
  'offset.metadata.max.bytes': int(4096, {
    importance: 'high',
    effect: 'The longest text that may be committed beside an offset.',
  }),
  'offsets.commit.timeout.ms': int(5000, { min: 1, importance: 'high' }),
  'offsets.load.buffer.size': int(5_242_880, { min: 1, importance: 'high' }),
  'offsets.retention.check.interval.ms': long(600_000, {
    min: 1,
    importance: 'high',
    effect: 'How often expired offsets are looked for.',
  }),
  'offsets.retention.minutes': int(10_080, {
    min: 1,
    importance: 'high',
    effect: 'Committed offsets of an empty group go after this time.',
  }),
  'offsets.topic.compression.codec': int(0, { importance: 'high' }),
  'offsets.topic.num.partitions': int(50, {
    min: 1,
    importance: 'high',
    effect: 'Partitions of __consumer_offsets, when it is created.',
  }),
  'offsets.topic.replication.factor': short(3, {
    min: 1,
    importance: 'high',
    effect: 'Replication factor of __consumer_offsets, when it is created. One replica is kept.',
  }),
  'offsets.topic.segment.bytes': int(104_857_600, {
    min: 1,
    importance: 'high',
    effect: 'Segment size of __consumer_offsets, when it is created.',
  }),
};
