/** A whole broker over files on a simulated disk, whose calls a test can let fail. Without a network. */
import { type TestEnv, testEnv } from '../../sim/test-env.ts';
import type { DiskFaultKind } from '../base/faults.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { EngineMetadataLog } from '../metadata/engine-metadata-log.ts';
import { Partition } from '../partition/partition.ts';
import { type OpenBroker, openBroker } from './broker.ts';
import { openDataDirectories } from './data-directories.ts';
import { LogLevels } from './log-levels.ts';

export interface LocalBroker {
  readonly env: TestEnv;
  readonly broker: OpenBroker;
  partition(topic: string, index?: number): Promise<Partition>;
  createTopic(name: string, partitions?: number): Promise<void>;
  /** Until the stop. */
  answerBackups(): void;
  /** In the order in which a process stops. */
  stop(): Promise<void>;
}

export async function localBroker(
  settings: Readonly<Record<string, string>> = {},
  paths: readonly [string, ...string[]] = ['data'],
  env: TestEnv = testEnv(),
): Promise<LocalBroker> {
  const config = new BrokerConfig({ flag: { 'node.id': '1', ...settings } });
  const store = await openDataDirectories({ env, config, paths });
  const { engine } = store;
  const metadataLog = new EngineMetadataLog({ env, engine, config });
  const logLevels = new LogLevels('INFO');
  const broker = await openBroker({ env, config, logLevels, engine, metadataLog, endPoints: [] });
  await store.claim(broker.metadata.clusterId);
  store.moveLogs(broker.partitions);
  let backups: { stop(): Promise<void> } | undefined;
  return {
    env,
    broker,
    async partition(topic, index = 0) {
      const found = await broker.partitions.get(topic, index);
      if (!(found instanceof Partition)) throw new Error(`no partition: error code ${found}`);
      return found;
    },
    async createTopic(name, partitions = 1) {
      const topic = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] };
      await broker.metadata.createTopics([topic], { validateOnly: false });
    },
    answerBackups() {
      backups = store.answerBackups(broker.partitions);
    },
    async stop() {
      await backups?.stop();
      await broker.close();
      await metadataLog.close();
      await store.close();
    },
  };
}

/** From now on, calls of `kind` on paths that `matches` take fail, until the returned function is called. */
export function failing(
  env: TestEnv,
  kinds: readonly ('write' | 'sync' | 'open' | 'syncDirectory' | 'rename' | 'truncate')[],
  fault: DiskFaultKind,
  matches: RegExp = /./,
): () => void {
  env.disk.fail(fault, ({ kind, path }) => kinds.some((failed) => failed === kind) && matches.test(path));
  return () => {
    env.disk.heal();
  };
}

/** The lines that somebody who watches the log would be woken by. */
export function loudLines(env: TestEnv): readonly string[] {
  return env.logger.lines.filter(({ level }) => level === 'error').map(({ message }) => message);
}
