/**
 * How long 10,000 partitions take to stop, to open after a clean stop and after a kill, and what an idle one costs in memory. `node bench/open-partitions.ts`, over
 * temporary directories of the real disk. Where many files were deleted within the last minutes, ext4 takes ten times as long to make new ones.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { batchAt, logSettings, whenProgress } from '../src/log/log.fixture.ts';
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

/** Every log has a batch more, and all of them are durable. */
async function writeToAll(logs: readonly PartitionLog[]): Promise<void> {
  await Promise.all(
    logs.map((log) => {
      log.append(batchAt(log.endOffset, {}));
      log.requestSync();
      return whenProgress(log, () => log.durableOffset === log.endOffset);
    }),
  );
}

async function tookMs(work: Promise<void>): Promise<string> {
  const startMs = performance.now();
  await work;
  return (performance.now() - startMs).toFixed(0);
}

const root = await mkdtemp(join(tmpdir(), 'ottla-bench-'));
try {
  const first = await timed(root);
  console.log(`made ${PARTITIONS} logs in ${first.tookMs.toFixed(0)} ms`);
  console.log(`wrote to all of them in ${await tookMs(writeToAll(first.logs))} ms`);
  console.log(`stopped in ${await tookMs(first.engine.close())} ms`);
  const before = usedBytes();
  const clean = await timed(root);
  const perLog = Math.round((usedBytes() - before) / clean.logs.length);
  console.log(
    `opened after a clean stop in ${clean.tookMs.toFixed(0)} ms, ${perLog} bytes of memory each (run with --expose-gc)`,
  );
  console.log(`stopped, with nothing written, in ${await tookMs(clean.engine.close())} ms`);
  const again = await timed(root);
  await writeToAll(again.logs);
  console.log(`stopped, all of them written to again, in ${await tookMs(again.engine.close())} ms`);
  // Nothing is closed: the next engine finds what a killed process leaves.
  await timed(root);
  const killed = await timed(root);
  console.log(`opened after a kill in ${killed.tookMs.toFixed(0)} ms`);
  await writeToAll(killed.logs);
  console.log(`opened after a kill, all of them freshly written to, in ${(await timed(root)).tookMs.toFixed(0)} ms`);
  const other = await mkdtemp(join(tmpdir(), 'ottla-bench-'));
  await writeToAll((await timed(other)).logs);
  console.log(`opened after a kill, all of them new, in ${(await timed(other)).tookMs.toFixed(0)} ms`);
  await rm(other, { recursive: true, maxRetries: 5 });
} finally {
  await rm(root, { recursive: true, maxRetries: 5 });
}
process.exit();
