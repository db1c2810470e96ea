/**
 * How a wish for durability is met cheapest: by syncing the log's own segment, or by writing its batches once more, into the journal, which takes one sync for
 * everybody. Pure; the constants are measured (decision 0016).
 */

export interface SyncWish {
  /** What the journal would have to take; undefined when it cannot: the batches are not in memory any more, or they lie in several segments. */
  readonly journalBytes: number | undefined;
}

/** Up to this many logs at once sync by themselves: side by side that lasts about as long as the one sync of the journal, and nothing is written twice. */
const DIRECT_LOGS_MAX = 2;
/** Writing this much takes a disk about as long as a sync: whoever has more to write does not write it twice. */
export const JOURNALLED_LOG_BYTES_MAX = 64 * 1024;

/** Whether each of `wishes` goes into the journal, in their order. `directUnderWay` logs are being synced for earlier wishes. */
export function journalled(wishes: readonly SyncWish[], directUnderWay: number): readonly boolean[] {
  if (wishes.length + directUnderWay <= DIRECT_LOGS_MAX) return wishes.map(() => false);
  return wishes.map(({ journalBytes }) => journalBytes !== undefined && journalBytes <= JOURNALLED_LOG_BYTES_MAX);
}
