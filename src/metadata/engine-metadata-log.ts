/**
 * A metadata log in a log engine: the log of Kafka's topic `__cluster_metadata`, one record batch per append, so that Kafka's tools can read it. A
 * position is an offset. Owns the open log and reopens it after a fault, because only what is read back then is certain. A snapshot is one batch too, and
 * the log begins with the last but one (decision 0024).
 *
 * Brokers that share it share this object; a log directory belongs to one process.
 */
import { AssertionError, assert, present } from '../base/assert.ts';
import type { Env } from '../base/env.ts';
import { Turns } from '../base/turns.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { topicSettings } from '../config/topic-settings.ts';
import type { LogEngine, LogId, LogSettings, PartitionLog } from '../log/log-engine.ts';
import { buildBatch } from '../protocol/batch/build.ts';
import { hasValidCrc, requireValidCrc } from '../protocol/batch/crc32c.ts';
import { baseOffset, isControl } from '../protocol/batch/header.ts';
import { batches } from '../protocol/batch/iterate.ts';
import { recordsOf } from '../protocol/batch/records.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { decodeClusterRecord, encodeClusterRecord } from './cluster-record-codec.ts';
import { type MetadataAppendOutcome, type MetadataLog, MetadataLogFault, type MetadataSlice } from './metadata-log.ts';
import { isSnapshot, MetadataSnapshots, snapshotKey } from './metadata-snapshots.ts';

/** The id that Kafka has set aside for this topic. */
export const metadataLogId: LogId = {
  topic: '__cluster_metadata',
  topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  partition: 0,
};

/** Bytes that one `readFrom` asks for: large enough to start fast, small enough to decode within one turn of the event loop. */
const SLICE_BYTES = 256 * 1024;
const SEGMENT_BYTES = 1024 * 1024;
/** The log has one order and no leaders. */
const LEADER_EPOCH = 0;

export interface EngineMetadataLogOptions {
  readonly env: Env;
  readonly engine: LogEngine;
  readonly config: BrokerConfig;
}

export class EngineMetadataLog implements MetadataLog {
  readonly #env: Env;
  readonly #engine: LogEngine;
  readonly #settings: LogSettings;
  readonly #snapshots: MetadataSnapshots;
  readonly #listeners = new Set<() => void>();
  /** Opening and appending, one at a time. */
  readonly #turns = new Turns();
  /** Undefined while no log is open: before the first use, and after a fault. */
  #log: PartitionLog | undefined;
  /** Has failed, and must be let go before it is opened again. */
  #failed: PartitionLog | undefined;
  #onProgress: (fault: Error | undefined) => void = () => {};

  constructor({ env, engine, config }: EngineMetadataLogOptions) {
    this.#env = env;
    this.#engine = engine;
    this.#settings = metadataLogSettings(config);
    this.#snapshots = new MetadataSnapshots(() => config.get('metadata.log.max.record.bytes.between.snapshots'));
  }

  get wantsSnapshot(): boolean {
    return this.#snapshots.isWanted;
  }

  append(
    records: readonly ClusterRecord[],
    { expectedPosition }: { readonly expectedPosition: number },
  ): Promise<MetadataAppendOutcome> {
    return this.#write(records, { expectedPosition, key: null });
  }

  /** The one before it has been read by everybody who follows: the log begins there now. */
  async appendSnapshot(
    records: readonly ClusterRecord[],
    { expectedPosition }: { readonly expectedPosition: number },
  ): Promise<MetadataAppendOutcome> {
    const begin = this.#snapshots.last?.offset;
    const outcome = await this.#write(records, { expectedPosition, key: snapshotKey });
    if (outcome.kind === 'appended' && begin !== undefined) await this.#turns.take(() => this.#forget(begin));
    return outcome;
  }

  async readFrom(position: number): Promise<MetadataSlice> {
    const log = this.#log ?? (await this.#turns.take(() => this.#openLog()));
    const { durableOffset: endOffset, startOffset } = log;
    const isBeginning = position === 0;
    if (!isBeginning && position < startOffset) throw new MetadataLogFault('the reader was left behind by snapshots');
    if (isBeginning && startOffset > 0 && log.endOffset === startOffset) {
      throw new MetadataLogFault('the metadata log is lost: a snapshot should be at its start, and it is empty');
    }
    const offset = isBeginning ? startOffset : position;
    if (offset >= endOffset) return { records: [], nextPosition: position };
    const read = { offset, endOffset, bytesMax: SLICE_BYTES, atLeastOneBatch: true };
    const slice = await faultOf(() => log.read(read));
    const records = await faultOf(() => this.#recordsIn(slice.parts, isBeginning ? startOffset : undefined));
    return { records, nextPosition: slice.nextOffset };
  }

  /** `snapshotOffset`: where a snapshot is wanted; others are passed over. */
  #recordsIn(parts: readonly Uint8Array[], snapshotOffset: number | undefined): readonly ClusterRecord[] {
    const records: ClusterRecord[] = [];
    for (const part of parts) {
      for (const batch of batches(part)) {
        const isPassedOver = isSnapshot(batch) && baseOffset(batch) !== snapshotOffset;
        // Nothing is missing without it. It counts as none, so that the log never begins with it.
        if (isPassedOver && !hasValidCrc(batch)) {
          this.#env.logger.error({ offset: baseOffset(batch) }, 'a snapshot of the metadata is damaged and not used');
          continue;
        }
        requireValidCrc(batch);
        this.#snapshots.seen(batch);
        if (!isControl(batch) && !isPassedOver) readRecords(batch, records);
      }
    }
    return records;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#turns.take(async () => {
      const log = this.#log ?? this.#failed;
      this.#log = undefined;
      this.#failed = undefined;
      await log?.close();
    });
  }

  /** All records in one batch, which is there whole or not at all. Answered when it is durable, and in its file. */
  #write(
    records: readonly ClusterRecord[],
    { expectedPosition, key }: { readonly expectedPosition: number; readonly key: Uint8Array | null },
  ): Promise<MetadataAppendOutcome> {
    assert(records.length > 0, 'an append of nothing');
    return this.#turns.take(async () => {
      const log = await this.#openLog();
      const baseOffset = log.endOffset;
      assert(expectedPosition <= baseOffset, 'a writer has read what the log does not have', { expectedPosition });
      if (expectedPosition !== baseOffset) return { kind: 'conflict', position: baseOffset };
      const timestamp = this.#env.clock.now();
      const bytes = buildBatch({
        baseOffset,
        partitionLeaderEpoch: LEADER_EPOCH,
        records: records.map((record) => ({ timestamp, key, value: encodeClusterRecord(record) })),
      });
      const position = baseOffset + records.length;
      const batch = { bytes, baseOffset, lastOffset: position - 1, leaderEpoch: LEADER_EPOCH, maxTimestamp: timestamp };
      await faultOf(() => {
        const durable = this.#whenDurable(log, position);
        log.append(batch);
        log.requestWrite();
        return durable;
      });
      this.#snapshots.seen(bytes);
      for (const listener of this.#listeners) listener();
      return { kind: 'appended', position };
    });
  }

  async #forget(begin: number): Promise<void> {
    const log = await this.#openLog();
    await faultOf(() => log.advanceStart(begin));
    await faultOf(() => log.applyRetention(begin));
  }

  /**
   * Written first, and not by the journal alone: the logs of a deleted topic go when this resolves, and a backup, which has the files only, must then find why.
   * There is one append at a time, so there is one who waits.
   */
  #whenDurable(log: PartitionLog, end: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#onProgress = (fault) => {
      if (fault !== undefined) reject(fault);
      else if (log.durableOffset >= end) resolve();
      else if (log.writtenOffset >= end) log.requestSync();
    };
    return promise;
  }

  async #openLog(): Promise<PartitionLog> {
    if (this.#log !== undefined) return this.#log;
    await this.#failed?.close();
    this.#failed = undefined;
    const log = await faultOf(() => this.#engine.open(metadataLogId, this.#settings));
    log.onProgress = (fault) => {
      if (fault !== undefined && this.#log === log) {
        this.#log = undefined;
        this.#failed = log;
      }
      this.#onProgress(fault);
    };
    log.onRoll = () => {};
    this.#log = log;
    return log;
  }
}

/** Nothing of it expires by itself; small segments, so that what lies before a snapshot can go. */
function metadataLogSettings(config: BrokerConfig): LogSettings {
  const overrides = new Map([
    ['segment.bytes', String(SEGMENT_BYTES)],
    ['cleanup.policy', ''],
    ['retention.ms', '-1'],
    ['retention.bytes', '-1'],
  ]);
  return topicSettings(config, overrides);
}

function readRecords(batch: Uint8Array, into: ClusterRecord[]): void {
  for (const { value } of recordsOf(batch)) {
    into.push(decodeClusterRecord(present(value, 'a metadata record has a value')));
  }
}

async function faultOf<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AssertionError) throw cause;
    throw new MetadataLogFault('the metadata log failed', { cause });
  }
}
