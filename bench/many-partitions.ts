/**
 * What a durable acknowledgement costs when records are spread over partitions: small batches, one per request, to one partition after the other. The figures
 * for many partitions should be those for one.
 */
import type { BrokerKind } from './brokers/broker-process.ts';
import { prepareBatch } from './load/batches.ts';
import { produceAll, produceSteadily } from './load/produce.ts';
import { quantile } from './load/steadily.ts';
import { createTopic } from './load/topics.ts';
import { diskBytesWritten } from './process-usage.ts';
import { type Figures, type Sizes, withBroker } from './workloads.ts';

const PARTITIONS = [1, 100, 1_000];
/** Requests that a busy broker has from all its clients at a time. */
const IN_FLIGHT = 200;
/** In units of the small requests that others are measured with: enough for every log to be synced several times. */
const LOAD = 4;
const RECORD_BYTES = 100;
const BATCH_BYTES = 1_200;

export async function measureManyPartitions(kind: BrokerKind, sizes: Sizes, workDir: string): Promise<Figures> {
  const figures: Figures = new Map();
  for (const partitions of PARTITIONS) {
    await withBroker(kind, { workDir, durable: true }, async (_broker, client) => {
      const topic = `spread-${partitions}`;
      await createTopic(client, topic, kind.durableTopic, partitions);
      const name = partitions === 1 ? '1 partition' : `${partitions.toLocaleString('en-US')} partitions`;

      const one = { topic, batch: prepareBatch({ valueBytes: RECORD_BYTES, batchBytes: 0 }).bytes, acks: -1 } as const;
      await produceSteadily(client, {
        ...one,
        partitions,
        perSecond: 1000,
        seconds: Math.ceil(sizes.latencySeconds / 3),
      });
      const latencies = await produceSteadily(client, {
        ...one,
        partitions,
        perSecond: 1000,
        seconds: sizes.latencySeconds,
      });
      figures.set(`durable ack at 1,000/s over ${name}, p50 ms`, quantile(latencies, 0.5));
      figures.set(`durable ack at 1,000/s over ${name}, p99 ms`, quantile(latencies, 0.99));

      const { bytes: batch, recordCount } = prepareBatch({ valueBytes: RECORD_BYTES, batchBytes: BATCH_BYTES });
      const load = { topic, batch, acks: -1, partitions, inFlight: IN_FLIGHT } as const;
      const requests = sizes.smallRequests * LOAD;
      // The files of new logs are made meanwhile.
      await produceAll(client, { ...load, requests: requests / 2 });
      const writtenBefore = diskBytesWritten(workDir);
      const startedAt = performance.now();
      await produceAll(client, { ...load, requests });
      const seconds = (performance.now() - startedAt) / 1000;
      const written = diskBytesWritten(workDir) - writtenBefore;
      figures.set(`durable produce over ${name}, records/s`, (requests * recordCount) / seconds);
      figures.set(`disk bytes per byte produced over ${name}`, written / (requests * batch.byteLength));
    });
  }
  return figures;
}
