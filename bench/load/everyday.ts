/**
 * What a broker has to do at all times while something else goes on: acknowledge single records, hand them to who waits for them, and read old ones from the disk. Each at its own rate
 * over a connection of its own.
 */
import { baseOffset } from '../../src/protocol/batch/header.ts';
import { prepareBatch } from './batches.ts';
import { LoadClient } from './client.ts';
import { fetchedRecords, fetchFrame, nextOffset } from './consume.ts';
import { expectSuccess, produceAll, produceFrame } from './produce.ts';
import { sendSteadily } from './steadily.ts';
import { createTopic } from './topics.ts';

const PRODUCED = 'everyday';
const OLD = 'old';
const ACKS_PER_SECOND = 1_000;
const OLD_READS_PER_SECOND = 100;
const OLD_READ_BYTES = 64 * 1024;
const OLD_BYTES = 100e6;
/** Between two reads of old records, in batches: so far that no read finds what the one before it has read. */
const STRIDE = 1_009;

/** In milliseconds, one for each request. */
export interface EverydayLatencies {
  readonly acks: readonly number[];
  readonly oldReads: readonly number[];
  /** From when a record was sent until its consumer had it. */
  readonly deliveries: readonly number[];
}

export class EverydayLoad {
  readonly #producer: LoadClient;
  readonly #reader: LoadClient;
  readonly #consumer: LoadClient;
  readonly #record = prepareBatch({ valueBytes: 100, batchBytes: 0 }).bytes;
  readonly #old = prepareBatch({ valueBytes: 1_024, batchBytes: 16_000 });
  readonly #oldBatches = Math.ceil(OLD_BYTES / this.#old.bytes.byteLength);
  /** Of the topic that is produced to. */
  #endOffset = 0;

  /** Makes the topics. */
  static async start(address: string, configs: Readonly<Record<string, string>>): Promise<EverydayLoad> {
    const connections = await Promise.all([0, 1, 2].map(() => LoadClient.connect(address)));
    const load = new EverydayLoad(connections);
    await createTopic(load.#producer, PRODUCED, configs);
    await createTopic(load.#producer, OLD);
    const old = { topic: OLD, batch: load.#old.bytes, acks: -1, requests: load.#oldBatches, inFlight: 5 } as const;
    await produceAll(load.#producer, old);
    return load;
  }

  private constructor([producer, reader, consumer]: readonly LoadClient[]) {
    if (producer === undefined || reader === undefined || consumer === undefined) throw new Error('three are needed');
    this.#producer = producer;
    this.#reader = reader;
    this.#consumer = consumer;
  }

  /** Until `goesOn` says no. */
  async run(goesOn: () => boolean): Promise<EverydayLatencies> {
    const sentAt: number[] = [];
    const [acks, oldReads, deliveries] = await Promise.all([
      this.#produce(goesOn, sentAt),
      this.#readOld(goesOn),
      this.#consume(goesOn, sentAt),
    ]);
    this.#endOffset += sentAt.length;
    return { acks, oldReads, deliveries };
  }

  close(): void {
    for (const connection of [this.#producer, this.#reader, this.#consumer]) connection.close();
  }

  #produce(goesOn: () => boolean, sentAt: number[]): Promise<readonly number[]> {
    const frame = produceFrame({ topic: PRODUCED, partition: 0, batch: this.#record, acks: -1 });
    return sendSteadily(this.#producer, {
      perSecond: ACKS_PER_SECOND,
      goesOn,
      frame: () => {
        sentAt.push(performance.now());
        return frame;
      },
      onAnswer: expectSuccess,
    });
  }

  #readOld(goesOn: () => boolean): Promise<readonly number[]> {
    const frame = (index: number) => {
      const fetchOffset = ((index * STRIDE) % this.#oldBatches) * this.#old.recordCount;
      return fetchFrame({ topic: OLD, fetchOffset, partitionBytesMax: OLD_READ_BYTES });
    };
    const onAnswer = (answer: Uint8Array) => {
      if (fetchedRecords(answer).byteLength === 0) throw new Error('a read of old records found none');
    };
    return sendSteadily(this.#reader, { perSecond: OLD_READS_PER_SECOND, goesOn, frame, onAnswer });
  }

  /** Asks again as soon as it is answered, and waits in the broker meanwhile. */
  async #consume(goesOn: () => boolean, sentAt: readonly number[]): Promise<readonly number[]> {
    const latencies: number[] = [];
    const first = this.#endOffset;
    await this.#consumer.run((done) => {
      const fetchFrom = (fetchOffset: number) =>
        this.#consumer.send(fetchFrame({ topic: PRODUCED, fetchOffset, partitionBytesMax: 1024 * 1024 }), (answer) => {
          const records = fetchedRecords(answer);
          const next = nextOffset(records) ?? fetchOffset;
          const now = performance.now();
          // The first answer's batch may begin before what was asked for.
          const from = Math.max(fetchOffset, records.byteLength === 0 ? next : baseOffset(records));
          for (let offset = from; offset < next; offset += 1) latencies.push(now - (sentAt[offset - first] ?? now));
          if (goesOn() || next < first + sentAt.length) fetchFrom(next);
          else done();
        });
      fetchFrom(first);
    });
    return latencies;
  }
}
