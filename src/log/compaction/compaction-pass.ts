/**
 * The rules of compaction, batch by batch, as Apache Kafka's cleaner has them: the last record of each key stays, tombstones and markers stay until
 * their horizon, aborted records go, and the last batch of every active producer stays, if need be without records. It sees every batch twice:
 * once to collect keys, once to decide. It touches no file.
 */
import { assert } from '../../base/assert.ts';
import {
  baseOffset,
  deleteHorizonMs,
  hasProducerId,
  isControl,
  lastOffset,
  recordCount,
} from '../../protocol/batch/header.ts';
import type { RecordCursor } from '../../protocol/batch/record-cursor.ts';
import { openRecords } from '../../protocol/batch/records.ts';
import type { AbortedTransaction } from '../log-engine.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import type { KeyMap } from './key-map.ts';
import { BatchRewrite, emptyBatch } from './rewrite-batch.ts';

export interface CompactionRules {
  /** Keys are collected from here on. */
  readonly dirtyOffset: number;
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly keys: KeyMap;
  /** Those that have records in the part that is cleaned; more do no harm. */
  readonly aborted: readonly AbortedTransaction[];
  /** Whether a batch with a producer id is the last of an active producer. */
  readonly isLastOfProducer: (batch: Uint8Array) => boolean;
}

export class CompactionPass {
  readonly #rules: CompactionRules;
  readonly #keys: KeyMap;
  readonly #collecting: CleanedTransactions;
  readonly #deciding: CleanedTransactions;
  readonly #rewrite = new BatchRewrite();
  /** 1 for each record of a batch that stays. Used again and again, as it is large for large batches. */
  #stays = new Uint8Array(0);
  #endOffset: number;

  constructor(rules: CompactionRules) {
    this.#rules = rules;
    assert(rules.keys.isEmpty, 'the keys of another pass are still there');
    this.#keys = rules.keys;
    this.#collecting = new CleanedTransactions(rules.aborted);
    this.#deciding = new CleanedTransactions(rules.aborted);
    this.#endOffset = rules.dirtyOffset;
  }

  /** Keys of records below are known; what lies at or above stays as it is and is done in the next pass. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** First, of all batches from the first one that is cleaned, in order. False: the key map is full, and nothing more is to be collected. */
  collect(batch: Uint8Array): boolean {
    const useless = this.#collecting.isUseless(batch);
    if (lastOffset(batch) < this.#rules.dirtyOffset) return true;
    if (this.#keys.isFull) return false;
    if (!useless && !isControl(batch)) this.#collectKeys(batch);
    this.#endOffset = lastOffset(batch) + 1;
    return true;
  }

  #collectKeys(batch: Uint8Array): void {
    const base = baseOffset(batch);
    const cursor = openRecords(batch);
    for (let count = recordCount(batch); count > 0; count -= 1) {
      cursor.next();
      const offset = base + cursor.offsetDelta;
      if (cursor.keyLength >= 0 && offset >= this.#rules.dirtyOffset) this.#keys.put(cursor, offset);
    }
  }

  /**
   * Second, of the same batches: what stays of this one. The batch itself when it stays as it is, undefined when all of it goes. `ends` says that
   * it is the last one of the file that it goes to, which has to say where that file ends. The answer is lent until the next call.
   */
  decide(batch: Uint8Array, ends: boolean): Uint8Array | undefined {
    const useless = this.#deciding.isUseless(batch);
    const mayBeEmpty = ends || (hasProducerId(batch) && this.#rules.isLastOfProducer(batch));
    const kept = isControl(batch)
      ? this.#decideMarker(batch, useless)
      : useless
        ? undefined
        : this.#decideRecords(batch);
    if (kept !== undefined || !mayBeEmpty) return kept;
    return recordCount(batch) === 0 ? batch : emptyBatch(batch);
  }

  /**
   * The transaction whose marker was decided about last, if this pass takes its records out. It stays listed until the next pass, for those who have
   * read the records before.
   */
  get abortedByLast(): AbortedTransaction | undefined {
    return this.#deciding.endedLast;
  }

  /** A marker stays as long as its transaction has records, and then until its horizon. */
  #decideMarker(batch: Uint8Array, useless: boolean): Uint8Array | undefined {
    if (recordCount(batch) === 0) return undefined;
    if (!useless) return batch;
    const horizonMs = deleteHorizonMs(batch);
    if (horizonMs === undefined) return this.#withHorizon(batch);
    return horizonMs <= this.#rules.nowMs ? undefined : batch;
  }

  #withHorizon(batch: Uint8Array): Uint8Array {
    this.#rewrite.begin(batch, this.#newHorizonMs);
    const cursor = openRecords(batch);
    for (let count = recordCount(batch); count > 0; count -= 1) {
      cursor.next();
      this.#rewrite.keep(cursor);
    }
    return this.#rewrite.finish();
  }

  get #newHorizonMs(): number {
    return this.#rules.nowMs + this.#rules.deleteRetentionMs;
  }

  #decideRecords(batch: Uint8Array): Uint8Array | undefined {
    const cursor = openRecords(batch);
    const count = recordCount(batch);
    if (this.#stays.length < count) this.#stays = new Uint8Array(count);
    const stays = this.#stays;
    let kept = 0;
    let tombstones = 0;
    for (let index = 0; index < count; index += 1) {
      cursor.next();
      const keeps = this.#keeps(batch, cursor);
      stays[index] = keeps ? 1 : 0;
      if (!keeps) continue;
      kept += 1;
      if (cursor.valueLength < 0) tombstones += 1;
    }
    if (kept === 0) return undefined;
    const horizonMs = tombstones > 0 && deleteHorizonMs(batch) === undefined ? this.#newHorizonMs : undefined;
    if (kept === count && horizonMs === undefined) return batch;
    this.#rewrite.begin(batch, horizonMs);
    cursor.rewind();
    for (let index = 0; index < count; index += 1) {
      cursor.next();
      if (stays[index] === 1) this.#rewrite.keep(cursor);
    }
    return this.#rewrite.finish();
  }

  #keeps(batch: Uint8Array, cursor: RecordCursor): boolean {
    const offset = baseOffset(batch) + cursor.offsetDelta;
    if (offset >= this.#endOffset) return true;
    if (cursor.keyLength < 0 || offset < this.#keys.get(cursor)) return false;
    if (cursor.valueLength >= 0) return true;
    const horizonMs = deleteHorizonMs(batch);
    return horizonMs === undefined || this.#rules.nowMs < horizonMs;
  }
}
