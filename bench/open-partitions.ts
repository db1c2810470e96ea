/**
 * How long 10,000 partitions take to open after a clean stop and after a kill, and what an idle one costs in memory. `node bench/open-partitions.ts`, over a
 * temporary directory of the real disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { appendTo, logSettings } from '../src/log/log.fixture.ts';
import type { LogId, PartitionLog } from '../src/log/log-engine.ts';
import { silentLogger } from '../src/platform/logger.ts';
import { nodeEnv } from '../src/platform/node-env.ts';

const PARTITIONS = 10_000;
const env = nodeEnv({ logger: silentLogger });
const settings = logSettings();
const ids: readonly LogId[] = Array.from({ length: PARTITIONS }, (_, partition) => ({
  topic: 'many',
  topicId: 'AAAAAAAAAAAAAAAAAAAAAg',
  partition,
}));

function start(root: string): Promise<LocalLogEngine> {
  return LocalLogEngine.start({ env, root, checkpointIntervalMs: () => 60_000 });
}

async function openAll(engine: LocalLogEngine): Promise<PartitionLog[]> {
  return await Promise.all(ids.map((id) => engine.open(id, settings)));
}

/** Start and opening together, in milliseconds; the logs stay open. */
async function timed(root: string): Promise<{ tookMs: number; engine: LocalLogEngine; logs: PartitionLog[] }> {
  const startMs = performance.now();
  const engine = await start(root);
  const logs = await openAll(engine);
  return { tookMs: performance.now() - startMs, engine, logs };
}

function usedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const root = await mkdtemp(join(tmpdir(), 'ottla-bench-'));
try {
  const first = await timed(root);
  for (const log of first.logs) appendTo(log, {});
  await first.engine.close();
  const before = usedBytes();
  const clean = await timed(root);
  const perLog = Math.round((usedBytes() - before) / clean.logs.length);
  console.log(`made ${PARTITIONS} logs in ${first.tookMs.toFixed(0)} ms`);
  console.log(
    `opened after a clean stop in ${clean.tookMs.toFixed(0)} ms, ${perLog} bytes of memory each (run with --expose-gc)`,
  );
  // Nothing is closed: the next engine finds what a killed process leaves.
  const killed = await timed(root);
  console.log(`opened after a kill in ${killed.tookMs.toFixed(0)} ms`);
} finally {
  await rm(root, { recursive: true });
}
process.exit();
