/**
 * How a wish for durability is met cheapest: by syncing the log's own segment, or by writing its batches once more, into the journal, which takes one sync for
 * everybody. Pure; the constants are measured (decision 0016).
 */

/** Up to this many logs at once sync by themselves: side by side that lasts about as long as the one sync of the journal, and nothing is written twice. */
const DIRECT_LOGS_MAX = 2;
/** Writing this much takes a disk about as long as a sync: whoever has more to write does not write it twice. */
export const JOURNALLED_LOG_BYTES_MAX = 64 * 1024;

/** Whether `waiting` logs are a crowd that the journal serves, while `directUnderWay` are being synced for earlier wishes. */
export function areCrowd(waiting: number, directUnderWay: number): boolean {
  return waiting + directUnderWay > DIRECT_LOGS_MAX;
}
