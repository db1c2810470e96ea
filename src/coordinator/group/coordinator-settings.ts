/** The settings that the group coordinator follows, as they are now. */
import type { BrokerConfig } from '../../config/broker-config.ts';

export interface CoordinatorSettings {
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** Members of one group. */
  readonly maxSize: number;
  /** How long the first generation of an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number;
  /** Characters of an offset's metadata. */
  readonly offsetMetadataMax: number;
  readonly offsetsRetentionMs: number;
  readonly offsetsRetentionCheckIntervalMs: number;
}

/** Reads the broker's settings each time, so that dynamic changes take effect at once. */
export function coordinatorSettings(config: BrokerConfig): CoordinatorSettings {
  return {
    get minSessionTimeoutMs() {
      return config.get('group.min.session.timeout.ms');
    },
    get maxSessionTimeoutMs() {
      return config.get('group.max.session.timeout.ms');
    },
    get maxSize() {
      return config.get('group.max.size');
    },
    get initialRebalanceDelayMs() {
      return config.get('group.initial.rebalance.delay.ms');
    },
    get offsetMetadataMax() {
      return config.get('offset.metadata.max.bytes');
    },
    get offsetsRetentionMs() {
      return config.get('offsets.retention.minutes') * 60_000;
    },
    get offsetsRetentionCheckIntervalMs() {
      return config.get('offsets.retention.check.interval.ms');
    },
  };
}
