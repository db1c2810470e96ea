/**
 * What is left of a year of committed offsets: how long a broker takes from its start until it has answered OffsetFetch for all groups, and how many bytes `__consumer_offsets` has,
 * beside the same after a day and a week. `node bench/offset-churn.ts`, over a temporary directory of the real disk.
 *
 * The days pass on the broker's wall clock only, so segments roll by their age as they would. The log cleaner, which has real time, gets what it needs at the end. The last row is a day
 * that no cleaner has touched yet: what reading a log costs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type OpenBroker, openBroker } from '../src/broker/broker.ts';
import { openDataDirectories } from '../src/broker/data-directories.ts';
import { LogLevels } from '../src/broker/log-levels.ts';
import { BrokerConfig } from '../src/config/broker-config.ts';
import { isWorthCompacting } from '../src/log/compaction/cleanable.ts';
import { EngineMetadataLog } from '../src/metadata/engine-metadata-log.ts';
import { CONSUMER_OFFSETS } from '../src/metadata/topic-name.ts';
import { silentLogger } from '../src/platform/logger.ts';
import { nodeClock } from '../src/platform/node-clock.ts';
import { nodeEnv } from '../src/platform/node-env.ts';

const GROUPS = 1_000;
const PARTITIONS = 3;
/** 6,000 offsets, as each commit has one of every partition. */
const COMMITS_OF_A_DAY = 2 * GROUPS;
/** Commits that come in one turn of the event loop. */
const AT_ONCE = 250;
const DAY_MS = 86_400_000;
const TOPIC = 'orders';

const groupIds = Array.from({ length: GROUPS }, (_, index) => `group-${index}`);
const config = new BrokerConfig({ flag: { 'node.id': '1', 'log.cleaner.backoff.ms': '500' } });
let daysPassed = 0;
const env = {
  ...nodeEnv({ logger: silentLogger }),
  clock: { now: () => nodeClock.now() + daysPassed * DAY_MS, monotonicMs: () => nodeClock.monotonicMs() },
};

async function withBroker<T>(root: string, work: (broker: OpenBroker) => Promise<T>): Promise<T> {
  const store = await openDataDirectories({ env, config, paths: [root] });
  const metadataLog = new EngineMetadataLog({ env, engine: store.engine, config });
  const logLevels = new LogLevels('INFO');
  const broker = await openBroker({ env, config, logLevels, engine: store.engine, metadataLog, endPoints: [] });
  await store.claim(broker.metadata.clusterId);
  const result = await work(broker);
  await broker.close();
  await metadataLog.close();
  await store.close();
  return result;
}

async function createTopics(broker: OpenBroker): Promise<void> {
  const topic = { name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] };
  await broker.metadata.createTopics([topic], { validateOnly: false });
  await broker.metadata.ensureTopic(CONSUMER_OFFSETS);
}

/** About five commits share a batch, as on a busy broker. */
async function commitFor(broker: OpenBroker, days: number, commitsOfADay: number): Promise<void> {
  const topicId = broker.metadata.image.topicByName(TOPIC)?.id ?? '';
  for (let day = 0; day < days; day += 1) {
    for (let first = 0; first < commitsOfADay; first += GROUPS) {
      const answers = [];
      for (const [index, groupId] of groupIds.entries()) {
        answers.push(broker.groups.commitOffsets(commitOf({ groupId, topicId, offset: day * commitsOfADay + first })));
        if (index % AT_ONCE === AT_ONCE - 1) await new Promise((resolve) => env.timers.soon(() => resolve(undefined)));
      }
      const refused = (await Promise.all(answers)).flat().find((error) => error !== 0);
      if (refused !== undefined) throw new Error(`a commit was refused with error code ${refused}`);
    }
    daysPassed += 1;
  }
}

/** Resolves when the log cleaner has nothing to do. */
async function compacted(broker: OpenBroker): Promise<void> {
  const isDirty = () => [...broker.partitions.open()].some((one) => isWorthCompacting(one.cleanable(), one.settings));
  while (isDirty()) await setTimeout(100);
}

function commitOf({ groupId, topicId, offset }: { groupId: string; topicId: string; offset: number }) {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({
    ...{ topic: TOPIC, topicId, partition, offset, leaderEpoch: 0, metadata: '' },
  }));
  const sender = { memberId: '', instanceId: null, generation: -1, apiVersion: 9, retentionMs: undefined };
  return { groupId, ...sender, partitions };
}

async function fetchAll(broker: OpenBroker): Promise<void> {
  const request = { topics: undefined, requireStable: true };
  const answers = await Promise.all(groupIds.map((groupId) => broker.groups.fetchOffsets({ groupId, ...request })));
  for (const answer of answers) {
    const found = typeof answer === 'number' ? undefined : answer[0]?.partitions.length;
    if (found !== PARTITIONS) throw new Error('a committed offset is missing');
  }
}

async function bytesOf(root: string): Promise<number> {
  let sum = 0;
  for (const { name } of await env.disk.list(root)) {
    if (!name.startsWith(`${CONSUMER_OFFSETS}-`)) continue;
    for (const file of await env.disk.list(join(root, name))) if (file.name.endsWith('.log')) sum += file.bytes;
  }
  return sum;
}

const root = await mkdtemp(join(tmpdir(), 'ottla-bench-'));
try {
  await withBroker(root, createTopics);
  for (const [period, days, commitsOfADay] of [
    ['a day', 1, COMMITS_OF_A_DAY],
    ['a week', 6, COMMITS_OF_A_DAY],
    ['a year', 358, COMMITS_OF_A_DAY],
    ['a busy day', 1, 400 * GROUPS],
  ] as const) {
    const beforeMs = performance.now();
    await withBroker(root, async (broker) => {
      await commitFor(broker, days, commitsOfADay);
      await compacted(broker);
    });
    const startMs = performance.now();
    const cpu = process.cpuUsage();
    const took = await withBroker(root, async (broker) => {
      await fetchAll(broker);
      const { user, system } = process.cpuUsage(cpu);
      return { ms: performance.now() - startMs, cpuMs: (user + system) / 1_000 };
    });
    const megabytes = ((await bytesOf(root)) / 1e6).toFixed(1);
    const offsets = (days * commitsOfADay * PARTITIONS).toLocaleString('en');
    const seconds = ((startMs - beforeMs) / 1_000).toFixed(0);
    const started = `all groups in ${took.ms.toFixed(0)} ms (${took.cpuMs.toFixed(0)} ms of CPU)`;
    console.log(`after ${period} (${offsets} offsets more, ${seconds} s): ${started}, ${megabytes} MB`);
  }
} finally {
  await rm(root, { recursive: true });
}
