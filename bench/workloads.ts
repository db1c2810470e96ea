/**
 * What is measured of a broker, one function per figure or group of figures. Every load is run once to warm up and once to be counted; processor time is that of
 * the broker's process alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerKind, BrokerProcess } from './brokers/broker-process.ts';
import { type PreparedBatch, prepareBatch } from './load/batches.ts';
import { LoadClient } from './load/client.ts';
import { consumeAll } from './load/consume.ts';
import { produceAll, produceSteadily } from './load/produce.ts';
import { quantile } from './load/steadily.ts';
import { createTopic } from './load/topics.ts';
import { cpuSeconds, peakResidentMegabytes, residentMegabytes } from './process-usage.ts';
import { warmMemory } from './warm-memory.ts';

/** A figure by its name, in the unit that the name says. */
export type Figures = Map<string, number>;

export interface Sizes {
  /** Bytes of each throughput run. */
  readonly bytes: number;
  /** Requests of the run with one record each. */
  readonly smallRequests: number;
  readonly latencySeconds: number;
  /** Of each shape. */
  readonly transactions: number;
  /** Of a log that is compacted. */
  readonly compactedBytes: number;
  readonly starts: number;
}

const IDLE_MS = 3_000;
const MEGABYTE = 1_000_000;
/** About what a broker writes in one of the runs. */
const WARM_BYTES = 6e9;
/** What producers have unanswered at a time by default. */
const IN_FLIGHT = 5;

/** How long it takes to start, over a new directory and over one that was stopped cleanly, and what it needs while nobody is connected. */
export async function measureStart(kind: BrokerKind, sizes: Sizes, workDir: string): Promise<Figures> {
  const figures: Figures = new Map();
  const first: number[] = [];
  const again: number[] = [];
  for (let i = 0; i < sizes.starts; i += 1) {
    const dataDir = mkdtempSync(join(workDir, 'start-'));
    const fresh = await kind.start({ dataDir, durable: true });
    first.push(fresh.readyMs);
    if (i === 0) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      figures.set('idle memory, MB', residentMegabytes(fresh.pid));
    }
    await fresh.stop();
    const restarted = await kind.start({ dataDir, durable: true });
    again.push(restarted.readyMs);
    await restarted.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
  figures.set('start over a new directory, ms', median(first));
  figures.set('start again, ms', median(again));
  return figures;
}

/** Throughput and its cost: produce, then consume what was produced. */
export async function measureThroughput(
  kind: BrokerKind,
  sizes: Sizes,
  options: { workDir: string; durable: boolean },
): Promise<Figures> {
  const figures: Figures = new Map();
  await withBroker(kind, options, async (broker, client) => {
    const topicSettings = options.durable ? kind.durableTopic : {};
    const mode = options.durable ? 'durable' : 'os';
    for (const [name, valueBytes, batchBytes] of [
      ['1 KB records', 1024, MEGABYTE],
      ['100 B records', 100, MEGABYTE],
      ['1 KB records in batches of 16 KB', 1024, 16_000],
    ] as const) {
      const batch = prepareBatch({ valueBytes, batchBytes });
      const topic = `${mode}-${valueBytes}-${batchBytes}`;
      await createTopic(client, topic, topicSettings);
      const requests = Math.ceil(sizes.bytes / batch.bytes.length);
      const load = { topic, batch: batch.bytes, acks: -1, inFlight: IN_FLIGHT } as const;
      await produceAll(client, { ...load, requests: Math.ceil(requests / 2) });
      const produced = await counted(broker, () => produceAll(client, { ...load, requests }));
      setThroughput(figures, `produce ${name}, ${mode}`, {
        ...produced,
        bytes: requests * batch.bytes.length,
        batch,
        requests,
      });
      if (batchBytes !== MEGABYTE || options.durable) continue;

      const endOffset = (requests + Math.ceil(requests / 2)) * batch.recordCount;
      const fetch = { topic, endOffset, partitionBytesMax: 1024 * 1024 };
      await consumeAll(client, { ...fetch, endOffset: Math.floor(endOffset / 3) });
      let bytes = 0;
      const consumed = await counted(broker, async () => {
        bytes = await consumeAll(client, fetch);
      });
      setThroughput(figures, `consume ${name}`, { ...consumed, bytes, batch, requests: bytes / batch.bytes.length });
    }
    await measureSmallRequests(figures, { broker, client, mode, topicSettings, requests: sizes.smallRequests });
    figures.set(`peak memory under load, ${mode}, MB`, peakResidentMegabytes(broker.pid));
  });
  return figures;
}

async function measureSmallRequests(
  figures: Figures,
  options: {
    broker: BrokerProcess;
    client: LoadClient;
    mode: string;
    topicSettings: Readonly<Record<string, string>>;
    requests: number;
  },
): Promise<void> {
  const { broker, client, mode, requests } = options;
  const topic = `${mode}-small`;
  await createTopic(client, topic, options.topicSettings);
  const load = {
    topic,
    batch: prepareBatch({ valueBytes: 100, batchBytes: 0 }).bytes,
    acks: -1,
    inFlight: IN_FLIGHT,
  } as const;
  await produceAll(client, { ...load, requests: Math.ceil(requests / 2) });
  const { cpu, seconds } = await counted(broker, () => produceAll(client, { ...load, requests }));
  figures.set(`produce one record per request, ${mode}, requests/s`, requests / seconds);
  figures.set(`produce one record per request, ${mode}, CPU us each`, (cpu / requests) * 1e6);
}

/** Acknowledgements of single records at 1,000 a second. */
export async function measureLatency(
  kind: BrokerKind,
  sizes: Sizes,
  options: { workDir: string; durable: boolean },
): Promise<Figures> {
  const figures: Figures = new Map();
  await withBroker(kind, options, async (broker, client) => {
    const mode = options.durable ? 'durable' : 'os';
    await createTopic(client, 'latency', options.durable ? kind.durableTopic : {});
    const load = { topic: 'latency', batch: prepareBatch({ valueBytes: 100, batchBytes: 0 }).bytes, acks: -1 } as const;
    await produceAll(client, { ...load, requests: sizes.smallRequests / 4, inFlight: IN_FLIGHT });
    await produceSteadily(client, { ...load, perSecond: 1000, seconds: Math.ceil(sizes.latencySeconds / 3) });
    const before = cpuSeconds(broker.pid);
    const latencies = await produceSteadily(client, { ...load, perSecond: 1000, seconds: sizes.latencySeconds });
    const cpu = cpuSeconds(broker.pid) - before;
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
      ['p99.9', 0.999],
    ] as const) {
      figures.set(`ack at 1,000/s, ${mode}, ${name} ms`, quantile(latencies, share));
    }
    figures.set(`CPU at 1,000/s, ${mode}, %`, (cpu / sizes.latencySeconds) * 100);
  });
  return figures;
}

export async function withBroker(
  kind: BrokerKind,
  options: { workDir: string; durable: boolean; settings?: Readonly<Record<string, string>> },
  work: (broker: BrokerProcess, client: LoadClient) => Promise<void>,
): Promise<void> {
  const { workDir, ...rest } = options;
  warmMemory(workDir, WARM_BYTES);
  const dataDir = mkdtempSync(join(workDir, 'data-'));
  const broker = await kind.start({ dataDir, ...rest });
  try {
    const client = await LoadClient.connect(broker.address);
    await work(broker, client);
    client.close();
  } finally {
    await broker.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

export async function counted(
  broker: BrokerProcess,
  work: () => Promise<void>,
): Promise<{ cpu: number; seconds: number }> {
  const cpuBefore = cpuSeconds(broker.pid);
  const startedAt = performance.now();
  await work();
  return { cpu: cpuSeconds(broker.pid) - cpuBefore, seconds: (performance.now() - startedAt) / 1000 };
}

function setThroughput(
  figures: Figures,
  name: string,
  run: { cpu: number; seconds: number; bytes: number; batch: PreparedBatch; requests: number },
): void {
  const records = run.requests * run.batch.recordCount;
  figures.set(`${name}, MB/s`, run.bytes / 1e6 / run.seconds);
  figures.set(`${name}, CPU s/GB`, run.cpu / (run.bytes / 1e9));
  figures.set(`${name}, CPU s/million records`, run.cpu / (records / 1e6));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
