/**
 * One node, wired: what handlers reach the rest of the broker through, and the order in which its parts start and stop. Decides nothing about requests and
 * owns no state of its own. The log engine and the metadata log are handed in, since brokers of one process may share them.
 */
import type { Env } from '../base/env.ts';
import { Lifecycle } from '../base/lifecycle.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { coordinatorSettings } from '../coordinator/group/coordinator-settings.ts';
import { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { MarkerTarget } from '../coordinator/transaction/marker-target.ts';
import { TransactionCoordinator } from '../coordinator/transaction/transaction-coordinator.ts';
import { transactionSettings } from '../coordinator/transaction/transaction-settings.ts';
import type { LogEngine, LogId } from '../log/log-engine.ts';
import { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type { BrokerEndPoint } from '../metadata/cluster-record.ts';
import type { MetadataLog } from '../metadata/metadata-log.ts';
import { CONSUMER_OFFSETS, TRANSACTION_STATE } from '../metadata/topic-name.ts';
import { coordinatorPartitions } from './coordinator-partitions.ts';
import { FetchSessions } from './fetch-sessions.ts';
import { followGroups } from './follow-groups.ts';
import { followTransactions } from './follow-transactions.ts';
import { Housekeeping } from './housekeeping.ts';
import { LocalMarkers } from './local-markers.ts';
import { LogCleaner } from './log-cleaner.ts';
import type { LogLevels } from './log-levels.ts';
import { PartitionDirectory } from './partition-directory.ts';
import { ProducerIds } from './producer-ids.ts';
import { topicNames } from './topic-names.ts';
import { TopicRemovals } from './topic-removals.ts';

export interface Broker {
  readonly env: Env;
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly logLevels: LogLevels;
  readonly engine: LogEngine;
  readonly metadata: ClusterMetadata;
  readonly partitions: PartitionDirectory;
  readonly fetchSessions: FetchSessions;
  readonly producerIds: ProducerIds;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  /** Where the ends of transactions are written. */
  readonly markers: MarkerTarget;
}

export interface BrokerOptions {
  readonly env: Env;
  readonly config: BrokerConfig;
  /** Filters what `env.logger` gets. */
  readonly logLevels: LogLevels;
  readonly engine: LogEngine;
  readonly metadataLog: MetadataLog;
  /** The id that a new cluster gets. */
  readonly newClusterId?: string | undefined;
  /** Where the broker will listen, as far as that is known. */
  readonly endPoints: readonly BrokerEndPoint[];
}

export interface OpenBroker extends Broker {
  /** Tells the cluster where the listeners are; needed when `endPoints` left a port to the system. */
  announce(endPoints: readonly BrokerEndPoint[]): Promise<void>;
  /** A clean stop, after the last request was answered. The engine and the metadata log stay open. */
  close(): Promise<void>;
}

/** Ready for requests when it resolves. */
export async function openBroker(options: BrokerOptions): Promise<OpenBroker> {
  const { env, config, logLevels, engine, metadataLog, newClusterId, endPoints } = options;
  const nodeId = config.get('node.id');
  const rack = config.get('broker.rack') ?? null;
  const metadata = await ClusterMetadata.open({
    env,
    log: metadataLog,
    nodeId,
    config,
    ...(newClusterId === undefined ? {} : { newClusterId }),
  });
  await metadata.register({ endPoints, rack });

  const background = new Lifecycle(env.logger);
  const { image } = metadata;
  const removals = new TopicRemovals({ image, engine, background });
  removals.resume();
  const beginLeaderEpoch = (id: LogId, above: number) => metadata.beginLeaderEpoch({ ...id, above });
  const partitions = new PartitionDirectory({
    env,
    nodeId,
    config,
    image,
    engine,
    removals,
    background,
    beginLeaderEpoch,
  });
  const led = { nodeId, image, partitions, engine };
  const groups = new GroupCoordinator({
    env,
    settings: coordinatorSettings(config),
    partitions: coordinatorPartitions({ topic: CONSUMER_OFFSETS, ...led }),
    topics: topicNames(image),
  });
  const producerIds = new ProducerIds(() => metadata.takeProducerIds());
  const markers = new LocalMarkers({ image, partitions, groups });
  const transactions = new TransactionCoordinator({
    env,
    settings: transactionSettings(config),
    partitions: coordinatorPartitions({ topic: TRANSACTION_STATE, ...led }),
    target: markers,
    takeProducerId: () => producerIds.take(),
  });
  metadata.subscribe((changes) => {
    for (const change of changes) partitions.apply(change);
    followGroups(groups, changes);
    followTransactions(transactions, changes);
  });
  groups.start();
  transactions.start();
  const housekeeping = new Housekeeping({ env, config, engine, partitions, removals, background });
  housekeeping.start();
  const cleaner = new LogCleaner({ env, config, partitions: () => partitions.open(), background });
  cleaner.start();

  return {
    env,
    nodeId,
    config,
    logLevels,
    engine,
    metadata,
    partitions,
    fetchSessions: new FetchSessions({
      clock: env.clock,
      random: env.random,
      slots: config.get('max.incremental.fetch.session.cache.slots'),
    }),
    producerIds,
    groups,
    transactions,
    markers,
    announce: (actual) => metadata.register({ endPoints: actual, rack }),
    async close() {
      housekeeping.stop();
      cleaner.stop();
      transactions.stop();
      await metadata.close();
      groups.stop();
      await partitions.close();
      await groups.close();
      await transactions.close();
      await background.stop();
    },
  };
}
