/** Brokers over one metadata log in memory, for tests. */
import { type TestEnv, testEnv } from '../../sim/test-env.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { MemoryLogEngine } from '../log/memory/memory-engine.ts';
import { ClusterMetadata } from './cluster-metadata.ts';
import { EngineMetadataLog } from './engine-metadata-log.ts';
import type { MetadataImage } from './metadata-image.ts';
import type { MetadataLog } from './metadata-log.ts';

export interface TestCluster {
  readonly env: TestEnv;
  readonly log: MetadataLog;
  /** Starts a broker; the same `nodeId` again is a restart. */
  start(nodeId: number, settings?: Readonly<Record<string, string>>): Promise<ClusterMetadata>;
}

/** `flag`: settings of the log. */
export function testCluster(log?: MetadataLog, flag: Readonly<Record<string, string>> = {}): TestCluster {
  const env = testEnv();
  const shared =
    log ?? new EngineMetadataLog({ env, engine: new MemoryLogEngine({ env }), config: new BrokerConfig({ flag }) });
  return {
    env,
    log: shared,
    async start(nodeId, settings = {}) {
      const config = new BrokerConfig({ flag: { 'node.id': String(nodeId), ...settings } });
      const metadata = await ClusterMetadata.open({ env, log: shared, nodeId, config });
      const endPoints = [{ name: 'PLAINTEXT', host: `broker-${nodeId}`, port: 9092, securityProtocol: 0 }];
      await metadata.register({ endPoints, rack: null });
      return metadata;
    },
  };
}

/** Everything that an image says, as plain values that can be compared. */
export function contentOf(image: MetadataImage): object {
  const types = [2, 4, 16, 32, 100];
  return {
    clusterId: image.clusterId,
    nextProducerId: image.nextProducerId,
    partitionCount: image.partitionCount,
    features: Object.fromEntries(image.features),
    brokers: [...image.brokers.values()].map(({ id, incarnationId, epoch, endPoints, rack }) => ({
      id,
      incarnationId,
      epoch,
      endPoints,
      rack,
    })),
    topics: Array.from(image.topics(), ({ name, id, isInternal, partitions }) => ({
      name,
      id,
      isInternal,
      like: [...image.topicsLike(name)],
      partitions: partitions.map(({ index, leader, leaderEpoch, partitionEpoch, replicas, isr }) => ({
        index,
        leader,
        leaderEpoch,
        partitionEpoch,
        replicas,
        isr,
      })),
    })).sort((left, right) => (left.name < right.name ? -1 : 1)),
    configs: types.map((type) =>
      Array.from(image.configuredResources(type), (name) => [name, Object.fromEntries(image.configs(type, name))]),
    ),
  };
}
