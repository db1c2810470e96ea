/**
 * What compaction costs everybody else: durable acknowledgements, deliveries and reads of old records while the log cleaner is idle, while it compacts a large log with many overwritten
 * keys at the settings as they are shipped, and while it does so within `log.cleaner.io.max.bytes.per.second`. Each compaction is watched from its beginning to its end, which is the time
 * that is measured; a run in which it did not happen fails.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { BrokerKind, BrokerProcess } from './brokers/broker-process.ts';
import { prepareKeyedBatches } from './load/batches.ts';
import type { LoadClient } from './load/client.ts';
import { type EverydayLatencies, EverydayLoad } from './load/everyday.ts';
import { produceFrame, sendAll } from './load/produce.ts';
import { quantile } from './load/steadily.ts';
import { createTopic, setConfig } from './load/topics.ts';
import { cpuSeconds, residentMegabytes } from './process-usage.ts';
import { type Figures, type Sizes, withBroker } from './workloads.ts';

/** How often each key is overwritten. */
const ROUNDS = 10;
const RECORD_BYTES = 120;
const RECORDS_PER_BATCH = 100;
const SEGMENT_BYTES = 16 * 1024 * 1024;
const THROTTLED_BYTES_PER_SECOND = 40e6;
const WATCH_MS = 20;
/** Shorter ones say nothing about a 99th percentile. */
const ACKS_MIN = 1_000;
const COMPACTION_MS_MAX = 10 * 60_000;
const IN_FLIGHT = 5;

export async function measureCompaction(kind: BrokerKind, sizes: Sizes, workDir: string): Promise<Figures> {
  const figures: Figures = new Map();
  const options = { workDir, durable: true, settings: { 'log.cleaner.backoff.ms': '100' } };
  await withBroker(kind, options, async (broker, client) => {
    const frames = keyedFrames(sizes.compactedBytes);
    for (const topic of ['shipped', 'throttled']) await makeDirty(client, topic, frames(topic));
    const load = await EverydayLoad.start(broker.address, kind.durableTopic);
    await load.run(within((sizes.latencySeconds * 1_000) / 3));
    setLatencies(figures, 'cleaner idle', await load.run(within(sizes.latencySeconds * 1_000)));
    for (const topic of ['shipped', 'throttled']) expectUntouched(broker, topic);

    const run = { broker, client, load };
    await measureRun(figures, { ...run, topic: 'shipped', name: 'compacting' });
    const bytesPerSecond: [string, string] = [
      'log.cleaner.io.max.bytes.per.second',
      String(THROTTLED_BYTES_PER_SECOND),
    ];
    await setConfig(client, 'brokers', bytesPerSecond);
    const name = `compacting at ${THROTTLED_BYTES_PER_SECOND / 1e6} MB/s of reads and writes`;
    await measureRun(figures, { ...run, topic: 'throttled', name });
    load.close();
  });
  return figures;
}

/** Requests that write each key once, for a topic. */
function keyedFrames(bytes: number): (topic: string) => readonly Uint8Array[] {
  const keys = Math.ceil(bytes / RECORD_BYTES / ROUNDS);
  const batches = prepareKeyedBatches({ keys, recordsPerBatch: RECORDS_PER_BATCH });
  return (topic) => batches.map((batch) => produceFrame({ topic, partition: 0, batch, acks: -1 }));
}

/** A topic that would be compacted if its dirty ratio could be above 1. */
async function makeDirty(client: LoadClient, topic: string, frames: readonly Uint8Array[]): Promise<void> {
  const configs = { 'cleanup.policy': 'compact', 'segment.bytes': String(SEGMENT_BYTES) };
  await createTopic(client, topic, { ...configs, 'min.cleanable.dirty.ratio': '1' });
  await sendAll(client, { frames, requests: ROUNDS * frames.length, inFlight: IN_FLIGHT });
}

function within(ms: number): () => boolean {
  const endMs = performance.now() + ms;
  return () => performance.now() < endMs;
}

/** Lets the cleaner have the topic, and the load run until it is done. */
async function measureRun(
  figures: Figures,
  run: { broker: BrokerProcess; client: LoadClient; load: EverydayLoad; topic: string; name: string },
): Promise<void> {
  const { broker, client, load, topic, name } = run;
  const bytesBefore = cleanableBytes(broker, topic);
  const cpuBefore = cpuSeconds(broker.pid);
  const startedAt = performance.now();
  await setConfig(client, { topic }, ['min.cleanable.dirty.ratio', '0']);
  let isOver = false;
  const [latencies, watched] = await Promise.all([
    load.run(() => !isOver),
    untilCompacted(broker, topic).finally(() => {
      isOver = true;
    }),
  ]);
  const seconds = (watched.endedAt - startedAt) / 1_000;
  if (latencies.acks.length < ACKS_MIN) throw new Error(`${name}: over after ${seconds} s, too short to be measured`);
  // A record of each key may stay in the last segment as well, which is not compacted.
  if (watched.bytesAfter > bytesBefore / 2)
    throw new Error(`${name}: ${watched.bytesAfter} of ${bytesBefore} bytes stay`);
  setLatencies(figures, name, latencies);
  figures.set(`${name}, log compacted, MB/s`, bytesBefore / 1e6 / seconds);
  figures.set(`${name}, broker CPU, %`, ((cpuSeconds(broker.pid) - cpuBefore) / seconds) * 100);
  figures.set(`${name}, log before, MB`, bytesBefore / 1e6);
  figures.set(`${name}, log after, MB`, watched.bytesAfter / 1e6);
  figures.set(`${name}, peak memory, MB`, watched.peakMegabytes);
}

interface Watched {
  readonly endedAt: number;
  readonly bytesAfter: number;
  readonly peakMegabytes: number;
}

/** Looks at the files, which say as much of Apache Kafka's cleaner. */
async function untilCompacted(broker: BrokerProcess, topic: string): Promise<Watched> {
  const until = performance.now() + COMPACTION_MS_MAX;
  let peakMegabytes = 0;
  while (compactedUpTo(broker, topic) < activeBaseOffset(broker, topic)) {
    if (performance.now() > until) throw new Error(`${topic} is not compacted in time`);
    peakMegabytes = Math.max(peakMegabytes, residentMegabytes(broker.pid));
    await setTimeout(WATCH_MS);
  }
  return { endedAt: performance.now(), bytesAfter: cleanableBytes(broker, topic), peakMegabytes };
}

function expectUntouched(broker: BrokerProcess, topic: string): void {
  if (compactedUpTo(broker, topic) > 0) throw new Error(`${topic} was compacted before it was to be measured`);
}

/** What the broker has written down: 0 as long as it has not compacted the topic. */
function compactedUpTo({ logDir }: BrokerProcess, topic: string): number {
  const path = join(logDir, 'cleaner-offset-checkpoint');
  const rows = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return Number(new RegExp(`^${topic} 0 (\\d+)$`, 'm').exec(rows)?.[1] ?? 0);
}

function segments({ logDir }: BrokerProcess, topic: string): readonly string[] {
  const directory = join(logDir, `${topic}-0`);
  const names = readdirSync(directory).filter((name) => name.endsWith('.log'));
  return names.toSorted().map((name) => join(directory, name));
}

function activeBaseOffset(broker: BrokerProcess, topic: string): number {
  return Number(/(\d+)\.log$/.exec(segments(broker, topic).at(-1) ?? '')?.[1]);
}

/** Of all segments but the one that takes the appends, which no cleaner touches. */
function cleanableBytes(broker: BrokerProcess, topic: string): number {
  return segments(broker, topic)
    .slice(0, -1)
    .reduce((sum, path) => sum + statSync(path).size, 0);
}

function setLatencies(figures: Figures, name: string, { acks, deliveries, oldReads }: EverydayLatencies): void {
  for (const [what, latencies] of [
    ['durable ack', acks],
    ['delivery', deliveries],
    ['read of old records', oldReads],
  ] as const) {
    figures.set(`${name}, ${what} p50 ms`, quantile(latencies, 0.5));
    figures.set(`${name}, ${what} p99 ms`, quantile(latencies, 0.99));
  }
}
