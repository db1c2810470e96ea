/** Which broker settings stand behind each group setting: its default, and the bounds within which a group may choose. Names only. */
import type { BrokerSettingName, GroupSettingName } from './registry.ts';

export interface GroupSettingSource {
  readonly default: BrokerSettingName;
  readonly min?: BrokerSettingName;
  readonly max?: BrokerSettingName;
}

export const groupSources: Readonly<Partial<Record<GroupSettingName, GroupSettingSource>>> = {
  'consumer.heartbeat.interval.ms': {
    default: 'group.consumer.heartbeat.interval.ms',
    min: 'group.consumer.min.heartbeat.interval.ms',
    max: 'group.consumer.max.heartbeat.interval.ms',
  },
  'consumer.session.timeout.ms': {
    default: 'group.consumer.session.timeout.ms',
    min: 'group.consumer.min.session.timeout.ms',
    max: 'group.consumer.max.session.timeout.ms',
  },
  'consumer.assignment.interval.ms': {
    default: 'group.consumer.assignment.interval.ms',
    min: 'group.consumer.min.assignment.interval.ms',
    max: 'group.consumer.max.assignment.interval.ms',
  },
  'share.heartbeat.interval.ms': {
    default: 'group.share.heartbeat.interval.ms',
    min: 'group.share.min.heartbeat.interval.ms',
    max: 'group.share.max.heartbeat.interval.ms',
  },
  'share.session.timeout.ms': {
    default: 'group.share.session.timeout.ms',
    min: 'group.share.min.session.timeout.ms',
    max: 'group.share.max.session.timeout.ms',
  },
  'share.record.lock.duration.ms': {
    default: 'group.share.record.lock.duration.ms',
    min: 'group.share.min.record.lock.duration.ms',
    max: 'group.share.max.record.lock.duration.ms',
  },
  'share.delivery.count.limit': {
    default: 'group.share.delivery.count.limit',
    min: 'group.share.min.delivery.count.limit',
    max: 'group.share.max.delivery.count.limit',
  },
  'share.partition.max.record.locks': {
    default: 'group.share.partition.max.record.locks',
    min: 'group.share.min.partition.max.record.locks',
    max: 'group.share.max.partition.max.record.locks',
  },
  'share.assignment.interval.ms': {
    default: 'group.share.assignment.interval.ms',
    min: 'group.share.min.assignment.interval.ms',
    max: 'group.share.max.assignment.interval.ms',
  },
  'streams.heartbeat.interval.ms': {
    default: 'group.streams.heartbeat.interval.ms',
    min: 'group.streams.min.heartbeat.interval.ms',
    max: 'group.streams.max.heartbeat.interval.ms',
  },
  'streams.session.timeout.ms': {
    default: 'group.streams.session.timeout.ms',
    min: 'group.streams.min.session.timeout.ms',
    max: 'group.streams.max.session.timeout.ms',
  },
  'streams.num.standby.replicas': {
    default: 'group.streams.num.standby.replicas',
    max: 'group.streams.max.standby.replicas',
  },
  'streams.assignment.interval.ms': {
    default: 'group.streams.assignment.interval.ms',
    min: 'group.streams.min.assignment.interval.ms',
    max: 'group.streams.max.assignment.interval.ms',
  },
  'streams.initial.rebalance.delay.ms': { default: 'group.streams.initial.rebalance.delay.ms' },
};
