/**
 * What is known of the snapshots in a metadata log, and when the next one pays. A snapshot is a batch whose records have an empty key, where all others have none.
 * Counts what it is told of; reads and writes nothing.
 */
import { baseOffset } from '../protocol/batch/header.ts';
import { recordsOf } from '../protocol/batch/records.ts';

/** Reading this much takes a few milliseconds: below it no snapshot pays. */
const LEAST_BYTES = 256 * 1024;

export const snapshotKey: Uint8Array = new Uint8Array(0);

export function isSnapshot(batch: Uint8Array): boolean {
  for (const { key } of recordsOf(batch)) return key !== null && key.byteLength === 0;
  return false;
}

export class MetadataSnapshots {
  readonly #bytesMax: () => number;
  #last: { readonly offset: number; readonly bytes: number } | undefined;
  /** Batches from this offset on are not counted yet. */
  #countedTo = 0;
  #bytesSince = 0;

  /** `bytesMax` is `metadata.log.max.record.bytes.between.snapshots`, as it is now. */
  constructor(bytesMax: () => number) {
    this.#bytesMax = bytesMax;
  }

  get last(): { readonly offset: number } | undefined {
    return this.#last;
  }

  /** A snapshot pays when it is shorter than what it stands for: so all of them together cost no more than the changes themselves. */
  get isWanted(): boolean {
    return this.#bytesSince >= Math.min(this.#bytesMax(), Math.max(LEAST_BYTES, this.#last?.bytes ?? 0));
  }

  /** A batch of the log, which is durable; the same one may be told again. */
  seen(batch: Uint8Array): void {
    const offset = baseOffset(batch);
    if (offset < this.#countedTo) return;
    this.#countedTo = offset + 1;
    this.#bytesSince += batch.byteLength;
    if (!isSnapshot(batch)) return;
    this.#last = { offset, bytes: batch.byteLength };
    this.#bytesSince = 0;
  }
}
