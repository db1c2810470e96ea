/**
 * What is left of a year of topic churn: 100,000 topics created and deleted again, and then how long the metadata takes to start and how many bytes it has, beside those of a
 * day. `node bench/topic-churn.ts`, over a temporary directory of the real disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerConfig } from '../src/config/broker-config.ts';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { ClusterMetadata } from '../src/metadata/cluster-metadata.ts';
import { EngineMetadataLog } from '../src/metadata/engine-metadata-log.ts';
import { silentLogger } from '../src/platform/logger.ts';
import { nodeEnv } from '../src/platform/node-env.ts';

const KEPT = 100;
const AT_ONCE = 100;
const env = nodeEnv({ logger: silentLogger });

async function withMetadata<T>(root: string, work: (metadata: ClusterMetadata) => Promise<T>): Promise<T> {
  const engine = await LocalLogEngine.start({ env, root, checkpointIntervalMs: () => 60_000 });
  const config = new BrokerConfig();
  const log = new EngineMetadataLog({ env, engine, config });
  const metadata = await ClusterMetadata.open({ env, log, nodeId: 1, config });
  await metadata.register({ endPoints: [], rack: null });
  const result = await work(metadata);
  await metadata.close();
  await log.close();
  await engine.close();
  return result;
}

async function churn(metadata: ClusterMetadata, topics: number): Promise<void> {
  for (let first = 0; first < topics; first += AT_ONCE) {
    const names = Array.from({ length: AT_ONCE }, (_, index) => `passing-${first + index}`);
    await metadata.createTopics(names.map(newTopic), { validateOnly: false });
    await metadata.deleteTopics(names.map((name) => ({ name })));
  }
}

function newTopic(name: string) {
  return { name, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] };
}

async function bytesOf(root: string): Promise<number> {
  const files = await env.disk.list(join(root, '__cluster_metadata-0'));
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

const root = await mkdtemp(join(tmpdir(), 'ottla-bench-'));
try {
  const kept = Array.from({ length: KEPT }, (_, index) => newTopic(`kept-${index}`));
  await withMetadata(root, (metadata) => metadata.createTopics(kept, { validateOnly: false }));
  for (const [period, topics] of [
    ['nothing', 0],
    ['a day', 300],
    ['a year', 100_000],
  ] as const) {
    const churnMs = performance.now();
    await withMetadata(root, (metadata) => churn(metadata, topics));
    const startMs = performance.now();
    const tookMs = await withMetadata(root, async () => performance.now() - startMs);
    const seconds = ((startMs - churnMs) / 1_000).toFixed(1);
    console.log(
      `after ${period} (${topics} topics, ${seconds} s): starts in ${tookMs.toFixed(0)} ms, ${await bytesOf(root)} bytes`,
    );
  }
} finally {
  await rm(root, { recursive: true });
}
