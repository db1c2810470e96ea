/** How topics that nobody described come to be: Kafka's own topics with their settings, all others with the broker's defaults. */
import type { BrokerConfig } from '../config/broker-config.ts';
import type { NewTopic } from './create-topics.ts';
import { CONSUMER_OFFSETS, SHARE_GROUP_STATE, TRANSACTION_STATE } from './topic-name.ts';

export function automaticTopic(name: string, config: BrokerConfig): NewTopic {
  switch (name) {
    case CONSUMER_OFFSETS:
      return {
        name,
        numPartitions: config.get('offsets.topic.num.partitions'),
        replicationFactor: config.get('offsets.topic.replication.factor'),
        assignments: [],
        configs: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'segment.bytes', value: String(config.get('offsets.topic.segment.bytes')) },
          { name: 'compression.type', value: 'producer' },
        ],
      };
    case TRANSACTION_STATE:
      return {
        name,
        numPartitions: config.get('transaction.state.log.num.partitions'),
        replicationFactor: config.get('transaction.state.log.replication.factor'),
        assignments: [],
        configs: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'segment.bytes', value: String(config.get('transaction.state.log.segment.bytes')) },
          { name: 'compression.type', value: 'uncompressed' },
          { name: 'min.insync.replicas', value: String(config.get('transaction.state.log.min.isr')) },
          { name: 'unclean.leader.election.enable', value: 'false' },
        ],
      };
    case SHARE_GROUP_STATE:
      return {
        name,
        numPartitions: config.get('share.coordinator.state.topic.num.partitions'),
        replicationFactor: config.get('share.coordinator.state.topic.replication.factor'),
        assignments: [],
        configs: [
          { name: 'cleanup.policy', value: 'delete' },
          { name: 'segment.bytes', value: String(config.get('share.coordinator.state.topic.segment.bytes')) },
          { name: 'compression.type', value: 'producer' },
          { name: 'retention.ms', value: '-1' },
          { name: 'min.insync.replicas', value: String(config.get('share.coordinator.state.topic.min.isr')) },
        ],
      };
    default:
      return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] };
  }
}
