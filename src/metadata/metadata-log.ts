/**
 * The seam between a cluster's metadata and the place where it is kept: an ordered list of facts that grows at its end, and whose beginning is
 * replaced by a snapshot now and then. Several brokers may share one. Whoever appends says how much of the list it has seen; when somebody else was faster, nothing is appended. The contract suite
 * `metadata-log.contract.ts` is the specification that every implementation passes.
 */
import type { ClusterRecord } from './cluster-record.ts';

export interface MetadataLog {
  /**
   * Appends all of `records` (one or more) or none. `expectedPosition` is where the writer has read to. Resolves when they are on stable storage.
   * Rejects with `MetadataLogFault` when the outcome is unknown: what was appended must then be read back.
   */
  append(
    records: readonly ClusterRecord[],
    options: { readonly expectedPosition: number },
  ): Promise<MetadataAppendOutcome>;

  /**
   * Appends a snapshot: records that say all that the list says up to `expectedPosition`. A later one lets the list begin with this one. Whoever has
   * read so far passes over it. All or nothing, conflict and fault are as for `append`.
   */
  appendSnapshot(
    records: readonly ClusterRecord[],
    options: { readonly expectedPosition: number },
  ): Promise<MetadataAppendOutcome>;

  /** Whether so much came since the last snapshot that another one makes starting faster. Known to whoever has read to the end. */
  readonly wantsSnapshot: boolean;

  /**
   * What follows `position`, a bounded part at a time; no records when there is nothing more. 0 is the beginning: a snapshot, where there was one. Never part
   * of an append, and never what is not yet on stable storage. Rejects with `MetadataLogFault`, also when two snapshots have come since `position`: then the reader must
   * begin again.
   */
  readFrom(position: number): Promise<MetadataSlice>;

  /** Calls `listener` after something was appended, by anybody, until the returned function is called. */
  subscribe(listener: () => void): () => void;

  /** Lets go of what the log holds open. Nothing may be asked afterwards. */
  close(): Promise<void>;
}

/** `position` is the end of the list: behind the appended records, or what the writer has to catch up with. */
export type MetadataAppendOutcome =
  | { readonly kind: 'appended'; readonly position: number }
  | { readonly kind: 'conflict'; readonly position: number };

export interface MetadataSlice {
  readonly records: readonly ClusterRecord[];
  /** Where to read on. */
  readonly nextPosition: number;
}

/** The place where the metadata is kept failed. Whether the append that met it happened is unknown. */
export class MetadataLogFault extends Error {
  override readonly name = 'MetadataLogFault';
}
