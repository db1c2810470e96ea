/**
 * Ottla in a Node process: `await using broker = await startBroker()`. In memory and on a free port unless told otherwise.
 *
 * @module
 */
import { assert } from './base/assert.ts';
import type { Logger } from './base/env.ts';
import { BrokerConfig } from './config/broker-config.ts';
import type { BrokerSettingName, BrokerSettingValue } from './config/registry.ts';
import { type NodeOptions, type RunningNode, startNode } from './node.ts';
import { silentLogger } from './platform/logger.ts';

export type { Logger } from './base/env.ts';
export { DataDirectoryInUse, DiskFault, NetworkFault } from './base/faults.ts';
export { ConfigError } from './config/broker-config.ts';

/** Kafka's broker settings by name, as values or as the text that a properties file would have. */
export type BrokerSettings = { readonly [Name in BrokerSettingName]?: BrokerSettingValue<Name> | string };

export interface TopicSpec {
  /** Default: `num.partitions`. */
  readonly partitions?: number;
  /** Topic settings by Kafka's names, such as `cleanup.policy`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

export interface BrokerOptions extends BrokerSettings {
  /** Topics to create before the broker is ready: a number is the number of partitions. Those that exist stay as they are. */
  readonly topics?: Readonly<Record<string, number | TopicSpec>>;
  /** Where records are kept, durably. Default: in memory, gone with the broker. */
  readonly dataDir?: string;
  /** `HOST:PORT`; port 0 takes a free one. Default: `127.0.0.1:0`. For more than one listener set `listeners`. */
  readonly listen?: string;
  /** True lets the process end while the broker runs. Default: false. */
  readonly unref?: boolean;
  /** Where log lines go. Default: nowhere. */
  readonly logger?: Logger;
}

export interface RunningBroker extends AsyncDisposable {
  /** What clients take as `bootstrap.servers`: `HOST:PORT` of the first listener. */
  readonly bootstrapServers: string;
  readonly clusterId: string;
  /** Closes connections and the data directory in order. Nothing keeps the process alive afterwards. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a broker; it serves clients when the promise resolves.
 *
 * Rejects with a `ConfigError` (a setting that is not legal), a `NetworkFault` (the address is taken), a `DiskFault` or
 * `DataDirectoryInUse` (the data directory cannot be used).
 */
export async function startBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  return runningBroker(await startNodeFor(options));
}

/** What embedding and testing share: the options as a running node. */
export async function startNodeFor(
  options: BrokerOptions,
  hooks: Pick<NodeOptions, 'time' | 'interceptor'> = {},
): Promise<RunningNode> {
  const { topics = {}, dataDir, listen = '127.0.0.1:0', unref = false, logger = silentLogger, ...settings } = options;
  const config = new BrokerConfig({ flag: { listeners: `PLAINTEXT://${listen}`, ...settingTexts(settings) } });
  const node = await startNode({
    config,
    dataDirs: dataDir === undefined ? undefined : [dataDir],
    logger,
    keepsProcessAlive: !unref,
    ...hooks,
  });
  try {
    await createTopics(node, topics);
  } catch (error) {
    await node.stop();
    throw error;
  }
  return node;
}

export function runningBroker(node: RunningNode): RunningBroker {
  const [first] = node.addresses;
  assert(first !== undefined, 'a running broker has a listener');
  return {
    bootstrapServers: `${first.host.includes(':') ? `[${first.host}]` : first.host}:${first.port}`,
    clusterId: node.broker.metadata.clusterId,
    stop: () => node.stop(),
    [Symbol.asyncDispose]: () => node.stop(),
  };
}

function settingTexts(settings: BrokerSettings): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) texts[name] = Array.isArray(value) ? value.join(',') : String(value);
  }
  return texts;
}

/** Makes those that do not exist. Rejects with what is wrong with the first that could not be made. */
export async function createTopics(
  { broker }: Pick<RunningNode, 'broker'>,
  topics: Readonly<Record<string, number | TopicSpec>>,
): Promise<void> {
  const wanted = Object.entries(topics).filter(([name]) => broker.metadata.image.topicByName(name) === undefined);
  const results = await broker.metadata.createTopics(
    wanted.map(([name, topic]) => {
      const { partitions = -1, settings = {} } = typeof topic === 'number' ? { partitions: topic } : topic;
      return {
        name,
        numPartitions: partitions,
        replicationFactor: -1,
        assignments: [],
        configs: Object.entries(settings).map(([key, value]) => ({ name: key, value: String(value) })),
      };
    }),
    { validateOnly: false },
  );
  for (const [index, result] of results.entries()) {
    if (result.kind !== 'created') throw new Error(`topic ${wanted[index]?.[0]}: ${result.message}`);
  }
}
