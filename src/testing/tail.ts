/** Reads a topic inside the broker, as it grows, without a client: for tests that want to see what was written. */
import { Buffer } from 'node:buffer';
import type { OpenBroker } from '../broker/broker.ts';
import type { AbortedTransaction } from '../log/log-engine.ts';
import type { Partition } from '../partition/partition.ts';
import { baseOffset, isControl, isTransactional, producerId } from '../protocol/batch/header.ts';
import { batches } from '../protocol/batch/iterate.ts';
import { type DecodedRecord, recordsOf } from '../protocol/batch/records.ts';

export interface TailOptions {
  /** Default: `earliest`. */
  readonly from?: 'earliest' | 'latest';
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

export interface TailedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
}

/** Bytes that one read takes from a partition. */
const READ_BYTES = 64 * 1024;

/**
 * Everything that consumers of committed records may read, in order within each partition, for ever or until `signal` aborts. Waits for a topic that does not exist
 * yet. Ends when the topic is deleted or the broker stops.
 */
export async function* tail(
  broker: OpenBroker,
  topic: string,
  options: TailOptions = {},
): AsyncGenerator<TailedRecord> {
  const { from = 'earliest', signal } = options;
  const wakeUp = new WakeUp(signal);
  const unsubscribe = broker.metadata.subscribe(() => wakeUp.wake());
  const cursors: Cursor[] = [];
  let seen = false;
  try {
    while (!signal?.aborted) {
      const registration = broker.metadata.image.topicByName(topic);
      if (registration === undefined && seen) return;
      seen = registration !== undefined;
      for (let index = cursors.length; index < (registration?.partitions.length ?? 0); index += 1) {
        const partition = await broker.partitions.get(topic, index);
        if (typeof partition === 'number') return;
        cursors.push({ partition, offset: from === 'latest' ? partition.highWatermark : partition.logStartOffset });
        partition.addListener(wakeUp);
      }
      if (cursors.some(({ partition }) => partition.stopped !== undefined)) return;
      let isIdle = true;
      for (const cursor of cursors) {
        for (const record of await readOn(cursor)) {
          isIdle = false;
          yield tailed(topic, cursor.partition.id.partition, record);
          if (signal?.aborted) return;
        }
      }
      if (isIdle) await wakeUp.wait();
    }
  } finally {
    unsubscribe();
    for (const { partition } of cursors) partition.removeListener(wakeUp);
  }
}

interface Cursor {
  readonly partition: Partition;
  offset: number;
}

async function readOn(cursor: Cursor): Promise<readonly DecodedRecord[]> {
  const { partition } = cursor;
  const offset = Math.max(cursor.offset, partition.logStartOffset);
  const slice = await partition.read({ offset, isolation: 'committed', bytesMax: READ_BYTES, atLeastOneBatch: true });
  const aborted = await partition.abortedTransactions({ offset, nextOffset: slice.nextOffset });
  cursor.offset = slice.nextOffset;
  const records: DecodedRecord[] = [];
  for (const part of slice.parts) {
    for (const batch of batches(part)) {
      if (isControl(batch) || isAborted(batch, aborted)) continue;
      for (const record of recordsOf(batch)) if (record.offset >= offset) records.push(record);
    }
  }
  return records;
}

function isAborted(batch: Uint8Array, aborted: readonly AbortedTransaction[]): boolean {
  if (!isTransactional(batch)) return false;
  const [offset, producer] = [baseOffset(batch), producerId(batch)];
  return aborted.some((one) => one.producerId === producer && one.firstOffset <= offset && offset <= one.lastOffset);
}

function tailed(topic: string, partition: number, record: DecodedRecord): TailedRecord {
  const { offset, timestamp, key, value, headers } = record;
  return {
    topic,
    partition,
    offset,
    timestamp,
    key: copy(key),
    value: copy(value),
    headers: headers.map((header) => ({ key: header.key, value: copy(header.value) })),
  };
}

/** What a test keeps must not hold on to the broker's memory. */
function copy(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

/** Remembers a call that came while nobody waited. */
class WakeUp {
  #isAwake = false;
  #resolve: (() => void) | undefined;

  constructor(signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', () => this.wake(), { once: true });
  }

  onProgress(): void {
    this.wake();
  }

  wake(): void {
    this.#isAwake = true;
    this.#resolve?.();
  }

  async wait(): Promise<void> {
    if (!this.#isAwake) await new Promise<void>((resolve) => (this.#resolve = resolve));
    this.#resolve = undefined;
    this.#isAwake = false;
  }
}
