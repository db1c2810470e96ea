/**
 * A whole broker in this process: the world of Node, a log engine, the metadata log, the broker and its listeners, started and stopped in
 * order. Both faces, the command line and embedding, start here.
 */
import { present } from './base/assert.ts';
import type { Clock, Env, Logger, Timers } from './base/env.ts';
import { type OpenBroker, openBroker } from './broker/broker.ts';
import { type LogLevelName, LogLevels } from './broker/log-levels.ts';
import type { PartitionDirectory } from './broker/partition-directory.ts';
import type { BrokerConfig } from './config/broker-config.ts';
import type { LogEngine } from './log/log-engine.ts';
import { MemoryLogEngine } from './log/memory/memory-engine.ts';
import type { BrokerEndPoint } from './metadata/cluster-record.ts';
import { EngineMetadataLog } from './metadata/engine-metadata-log.ts';
import { nodeEnv } from './platform/node-env.ts';
import type { Interceptor } from './server/dispatch.ts';
import { handlers } from './server/handlers/all.ts';
import { type ListenerSettings, listenerSettings } from './server/listener-settings.ts';
import { Server, type ServerAddress } from './server/server.ts';

export interface NodeOptions {
  readonly config: BrokerConfig;
  /** Undefined: everything stays in memory. */
  readonly dataDirs: readonly string[] | undefined;
  readonly logger: Logger;
  /** What is logged until an admin tool says otherwise. Default: INFO. */
  readonly logLevel?: LogLevelName;
  /** The machine's, unless tests want to move it. */
  readonly time?: Clock & Timers;
  /** What the broker runs in; default: Node, with `time`. Its logger is not used. */
  readonly env?: Env;
  /** False lets the process end while the broker runs. */
  readonly keepsProcessAlive?: boolean;
  readonly interceptor?: Interceptor;
}

export interface RunningNode {
  readonly broker: OpenBroker;
  /** What was bound, in the order of `listeners`. */
  readonly addresses: readonly ServerAddress[];
  /** A clean stop. */
  stop(): Promise<void>;
  /** What a stop has before it: how many logs are not closed. */
  readonly openLogs: number;
}

/** The number that metadata records have for a listener without TLS and SASL. */
const PLAINTEXT = 0;

/**
 * Serves requests when it resolves. Rejects with a `ConfigError`, `NetworkFault`, or what a data directory that cannot be used rejects
 * with, and leaves nothing behind then.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { config, dataDirs, logger, time } = options;
  const logLevels = new LogLevels(options.logLevel ?? 'INFO');
  const filtered = logLevels.filter(logger);
  const env =
    options.env === undefined
      ? nodeEnv({ logger: filtered, ...(time === undefined ? {} : { time }) })
      : { ...options.env, logger: filtered };
  const listeners = listenerSettings(config);
  const closers: (() => Promise<void>)[] = [];
  const stop = () => closeAll(closers.splice(0).reverse());
  try {
    const store = dataDirs === undefined ? memoryStore(env, config) : await localStore(env, config, dataDirs);
    closers.push(() => store.close());
    const metadataLog = new EngineMetadataLog({ env, engine: store.engine, config });
    closers.push(() => metadataLog.close());
    const broker = await openBroker({
      env,
      config,
      logLevels,
      engine: store.engine,
      metadataLog,
      newClusterId: store.clusterId,
      endPoints: listeners.map(configuredEndPoint),
    });
    closers.push(() => broker.close());
    await store.claim(broker.metadata.clusterId);
    store.moveLogs?.(broker.partitions);
    const backups = store.answerBackups?.(broker.partitions);
    closers.push(async () => backups?.stop());
    const { keepsProcessAlive = true, interceptor } = options;
    const server = await Server.start({ broker, handlers, keepsProcessAlive, interceptor });
    closers.push(() => server.stop());
    if (listeners.some(({ port }) => port === 0)) {
      await broker.announce(listeners.map((listener, index) => boundEndPoint(listener, server.addresses[index])));
    }
    const { addresses } = server;
    return {
      broker,
      addresses,
      stop,
      get openLogs() {
        return broker.partitions.openLogs;
      },
    };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

/** One after the other. What fails keeps none of the others open, above all not the lock of a data directory; the first failure is thrown. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers) {
    await close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

/** A log engine and the cluster that its data belongs to. */
interface Store {
  readonly engine: LogEngine;
  /** Undefined as long as the data belongs to none. */
  readonly clusterId: string | undefined;
  /** Remembers that the data belongs to this broker of this cluster. */
  claim(clusterId: string): Promise<void>;
  /** Of data that is in files, like the next one. */
  moveLogs?(partitions: PartitionDirectory): void;
  answerBackups?(partitions: PartitionDirectory): { stop(): Promise<void> };
  close(): Promise<void>;
}

function memoryStore(env: Env, config: BrokerConfig): Store {
  const engine = new MemoryLogEngine({ env, bytesMax: config.get('memory.max.bytes') });
  return { engine, clusterId: undefined, claim: async () => {}, close: () => engine.close() };
}

/** Loaded only where it is used: a broker in memory starts without it. */
async function localStore(env: Env, config: BrokerConfig, [first, ...more]: readonly string[]): Promise<Store> {
  const { openDataDirectories } = await import('./broker/data-directories.ts');
  return openDataDirectories({ env, config, paths: [present(first, 'there is a data directory'), ...more] });
}

function configuredEndPoint({ name, host, port, advertised }: ListenerSettings): BrokerEndPoint {
  return { name, securityProtocol: PLAINTEXT, ...(advertised ?? { host, port }) };
}

function boundEndPoint(listener: ListenerSettings, bound: ServerAddress | undefined): BrokerEndPoint {
  const configured = configuredEndPoint(listener);
  return configured.port === 0 && bound !== undefined ? { ...configured, port: bound.port } : configured;
}
