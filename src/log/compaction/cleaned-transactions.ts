/**
 * Follows the transactions of a log while it is compacted, batch by batch from its beginning: which records were aborted and go, and which
 * markers have no record left that needs them. The list of aborted transactions comes first; a batch alone does not tell how its transaction ends.
 */
import {
  hasProducerId,
  isControl,
  isTransactional,
  lastOffset,
  producerId,
  recordCount,
} from '../../protocol/batch/header.ts';
import { ControlType, controlTypeOf, openRecords } from '../../protocol/batch/records.ts';
import type { AbortedTransaction } from '../log-engine.ts';

/** Undefined for a control batch that has lost its record to an earlier pass. */
function markerType(batch: Uint8Array): number | undefined {
  if (recordCount(batch) === 0) return undefined;
  const cursor = openRecords(batch);
  cursor.next();
  return controlTypeOf(cursor.bytes.subarray(cursor.keyStart, cursor.keyStart + Math.max(0, cursor.keyLength)));
}

interface OpenAborted {
  readonly transaction: AbortedTransaction;
  /** A batch of it was met. */
  isMet: boolean;
}

export class CleanedTransactions {
  /** By first offset, the next one last. */
  readonly #coming: AbortedTransaction[];
  /** The transactions that have begun, by producer id. */
  readonly #aborted = new Map<number, OpenAborted>();
  readonly #committed = new Set<number>();
  /** The aborted transaction that the last batch has ended, if a batch of it was met. */
  endedLast: AbortedTransaction | undefined;

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#coming = aborted.toSorted((one, other) => other.firstOffset - one.firstOffset);
  }

  /** Whether the batch is of no use: records that were aborted, or a marker whose transaction has no batch left in the log. */
  isUseless(batch: Uint8Array): boolean {
    this.endedLast = undefined;
    this.#begin(lastOffset(batch));
    if (!hasProducerId(batch)) return false;
    const id = producerId(batch);
    if (isControl(batch)) return this.#end(id, markerType(batch));
    if (!isTransactional(batch)) return false;
    const open = this.#aborted.get(id);
    if (open !== undefined) {
      open.isMet = true;
      return true;
    }
    this.#committed.add(id);
    return false;
  }

  #begin(upTo: number): void {
    for (let next = this.#coming.at(-1); next !== undefined && next.firstOffset <= upTo; next = this.#coming.at(-1)) {
      this.#coming.pop();
      this.#aborted.set(next.producerId, { transaction: next, isMet: false });
    }
  }

  #end(id: number, type: number | undefined): boolean {
    if (type === undefined) return true;
    if (type === ControlType.COMMIT) return !this.#committed.delete(id);
    const open = this.#aborted.get(id);
    this.#aborted.delete(id);
    if (open?.isMet !== true) return true;
    this.endedLast = open.transaction;
    return false;
  }
}
