/**
 * Checks producer snapshots against the batches of their log: follows the producers by itself, batch by batch, so that a mistake of the live state and one of this
 * check do not hide each other. Owns what it has seen; reports, and never mends. Plugged into the check of a data directory.
 */
import { limits } from '../base/limits.ts';
import type { BatchAudit } from '../log/local/check/batch-audit.ts';
import {
  baseOffset,
  hasProducerId,
  isControl,
  isTransactional,
  lastOffset,
  lastSequence,
  producerEpoch,
  producerId,
  recordCount,
} from '../protocol/batch/header.ts';
import { decodeSnapshot } from './producer-snapshot.ts';
import type { ProducerEntry } from './producer-state.ts';

interface SeenProducer {
  epoch: number;
  /** Of the newest batch; -1 after a marker that raised the epoch. */
  lastSequence: number;
  lastOffset: number;
  /** Of the open transaction; -1 when there is none. */
  firstOffset: number;
}

export class ProducerAudit implements BatchAudit {
  readonly #seen = new Map<number, SeenProducer>();

  onBatch(batch: Uint8Array): void {
    if (!hasProducerId(batch)) return;
    const id = producerId(batch);
    const epoch = producerEpoch(batch);
    let producer = this.#seen.get(id);
    if (producer === undefined) {
      if (this.#seen.size >= limits.producersPerPartition) return;
      producer = { epoch, lastSequence: -1, lastOffset: -1, firstOffset: -1 };
      this.#seen.set(id, producer);
    }
    if (isControl(batch)) {
      if (epoch !== producer.epoch) Object.assign(producer, { lastSequence: -1, lastOffset: -1 });
      producer.firstOffset = -1;
    } else {
      producer.lastSequence = lastSequence(batch);
      producer.lastOffset = lastOffset(batch);
      if (isTransactional(batch) && producer.firstOffset < 0 && recordCount(batch) > 0)
        producer.firstOffset = baseOffset(batch);
    }
    producer.epoch = epoch;
  }

  snapshotProblems({
    bytes,
    offset,
    isWhole,
  }: {
    bytes: Uint8Array;
    offset: number;
    isWhole: boolean;
  }): readonly string[] {
    const snapshot = decodeSnapshot(bytes);
    if (snapshot === undefined) return ['the snapshot is damaged'];
    const problems: string[] = [];
    for (const entry of snapshot.producers) {
      const problem = entryProblem(entry, offset) ?? (isWhole ? this.#difference(entry) : undefined);
      if (problem !== undefined) problems.push(`producer ${entry.producerId}: ${problem}`);
    }
    return problems;
  }

  /** A producer that the snapshot leaves out was forgotten for its age. */
  #difference(entry: ProducerEntry): string | undefined {
    const seen = this.#seen.get(entry.producerId);
    if (seen === undefined) {
      return this.#seen.size < limits.producersPerPartition ? 'the log has no batch of it' : undefined;
    }
    if (seen.epoch !== entry.epoch) return `epoch ${entry.epoch}, and the log says ${seen.epoch}`;
    const newest = entry.batches.at(-1);
    const [sequence, last] = [newest?.lastSequence ?? -1, newest?.lastOffset ?? -1];
    if (last !== seen.lastOffset) return `its last offset is ${last}, and the log says ${seen.lastOffset}`;
    if (last >= 0 && sequence !== seen.lastSequence)
      return `its last sequence is ${sequence}, and the log says ${seen.lastSequence}`;
    const open = entry.currentTxnFirstOffset;
    return open === seen.firstOffset
      ? undefined
      : `its open transaction begins at ${open}, and the log says ${seen.firstOffset}`;
  }
}

function entryProblem(entry: ProducerEntry, offset: number): string | undefined {
  const last = entry.batches.at(-1)?.lastOffset ?? -1;
  if (entry.producerId < 0) return 'it has no id';
  if (last >= offset) return `its last offset is ${last}, and the snapshot is one of ${offset}`;
  return entry.currentTxnFirstOffset >= offset ? 'its transaction begins behind the snapshot' : undefined;
}
