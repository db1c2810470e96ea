/**
 * What transactions cost: how many a single producer makes in a second, how long a commit takes, and the broker's processor time for each; and whether
 * reading committed records only costs more than reading all where nothing was aborted.
 */
import type { BrokerKind, BrokerProcess } from './brokers/broker-process.ts';
import type { LoadClient } from './load/client.ts';
import { consumeAll } from './load/consume.ts';
import { createTopic } from './load/topics.ts';
import { type TransactionLoad, transactAll, transactionalProducer } from './load/transact.ts';
import { counted, type Figures, type Sizes, withBroker } from './workloads.ts';

const SHAPES = [
  { partitions: 1, recordsPerPartition: 1 },
  { partitions: 1, recordsPerPartition: 1_000 },
  { partitions: 10, recordsPerPartition: 1 },
  { partitions: 10, recordsPerPartition: 100 },
] as const;

export async function measureTransactions(
  kind: BrokerKind,
  sizes: Sizes,
  options: { workDir: string; durable: boolean },
): Promise<Figures> {
  const figures: Figures = new Map();
  const mode = options.durable ? 'durable' : 'os';
  await withBroker(kind, options, async (broker, client) => {
    for (const shape of SHAPES) {
      const topic = `transactions-${shape.partitions}-${shape.recordsPerPartition}`;
      await createTopic(client, topic, options.durable ? kind.durableTopic : {}, shape.partitions);
      const name = `transactions of ${shape.partitions} x ${shape.recordsPerPartition}, ${mode}`;
      await measureShape(figures, { broker, client, name, count: sizes.transactions, load: { topic, ...shape } });
    }
    if (!options.durable) await measureIsolation(figures, { broker, client, count: sizes.transactions });
  });
  return figures;
}

async function measureShape(
  figures: Figures,
  run: { broker: BrokerProcess; client: LoadClient; name: string; count: number; load: TransactionLoad },
): Promise<void> {
  const { broker, client, name, count, load } = run;
  const producer = await transactionalProducer(client, name);
  await transactAll(client, producer, { ...load, count: Math.ceil(count / 2) });
  let latencies: Float64Array = new Float64Array(0);
  const { cpu, seconds } = await counted(broker, async () => {
    latencies = await transactAll(client, producer, { ...load, count });
  });
  latencies.sort();
  figures.set(`${name}, each second`, count / seconds);
  figures.set(`${name}, commit p50 ms`, latencies[Math.floor(count * 0.5)] ?? Number.NaN);
  figures.set(`${name}, commit p99 ms`, latencies[Math.floor(count * 0.99)] ?? Number.NaN);
  figures.set(`${name}, CPU us each`, (cpu / count) * 1e6);
}

/** Reads what the transactions of 1,000 records have left, with both isolation levels. */
async function measureIsolation(
  figures: Figures,
  run: { broker: BrokerProcess; client: LoadClient; count: number },
): Promise<void> {
  const { broker, client, count } = run;
  const committed = Math.ceil(count / 2) + count;
  // Each transaction's marker takes an offset.
  const load = { topic: 'transactions-1-1000', endOffset: committed * 1_001 - 1, partitionBytesMax: 1024 * 1024 };
  // The first of each warms up.
  for (const isolation of ['uncommitted', 'committed', 'uncommitted', 'committed'] as const) {
    let bytes = 0;
    const { cpu } = await counted(broker, async () => {
      bytes = await consumeAll(client, { ...load, isolation });
    });
    figures.set(`consume read_${isolation}, CPU s/GB`, cpu / (bytes / 1e9));
  }
}
