/**
 * What the row above knows about the content of a log and the log itself does not: producers and their snapshots. Whoever checks a data directory plugs it
 * in (a port); one audit follows one log.
 */
export interface BatchAudit {
  /** Every sound batch of the log, in order; lent until the call returns. */
  onBatch(batch: Uint8Array): void;
  /** What is wrong with a snapshot that was taken at `offset`, when all batches below went by. `isWhole`: no batch below was deleted or compacted. */
  snapshotProblems(snapshot: { bytes: Uint8Array; offset: number; isWhole: boolean }): readonly string[];
}
