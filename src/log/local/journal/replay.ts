/**
 * Gives a log, just recovered from its own segments, what the journal has beyond its end. Goes by offsets alone, so it does not matter whether segments were
 * compacted, deleted or lost since. Keeps nothing.
 */
import type { Logger } from '../../../base/env.ts';
import { limits } from '../../../base/limits.ts';
import { baseOffset, lastOffset } from '../../../protocol/batch/header.ts';
import { batches } from '../../../protocol/batch/iterate.ts';
import { appendedBatch } from '../../appended-batch.ts';
import type { AppendedBatch } from '../../log-engine.ts';

/** Runs of whole batches, in order. */
type Runs = AsyncIterable<Uint8Array>;

interface RecoveredLog {
  readonly endOffset: number;
  restore(batch: AppendedBatch): void;
}

/** Where a log without segments begins: at the batch that has its start offset, if the journal has that. */
export async function firstJournalled(runs: Runs, startOffset: number): Promise<number> {
  for await (const run of runs) {
    for (const batch of batches(run)) {
      if (lastOffset(batch) >= startOffset) return Math.min(baseOffset(batch), startOffset);
    }
  }
  return startOffset;
}

/** Calls `relieve` whenever the log has got much; it is to resolve when that is in the log's segments. Cut short by a crash, it goes on from the log's end the next time. */
export async function replayJournal(
  runs: Runs,
  log: RecoveredLog,
  { logger, relieve }: { logger: Logger; relieve: () => Promise<unknown> },
): Promise<void> {
  const fromOffset = log.endOffset;
  let bytes = 0;
  for await (const run of runs) {
    if (!appendMissing(run, log, logger)) break;
    bytes += run.byteLength;
    if (bytes < limits.logWriteBytes) continue;
    await relieve();
    bytes = 0;
  }
  if (log.endOffset > fromOffset)
    logger.debug({ fromOffset, toOffset: log.endOffset }, 'a log was completed from the journal');
}

/** False when batches between the log and this run are missing: what comes after them has no place. */
function appendMissing(run: Uint8Array, log: RecoveredLog, logger: Logger): boolean {
  for (const batch of batches(run)) {
    if (lastOffset(batch) < log.endOffset) continue;
    if (baseOffset(batch) !== log.endOffset) {
      logger.error(
        { fromOffset: log.endOffset, toOffset: baseOffset(batch) },
        'records between a log and the journal are lost: they were on the disk and are not any more',
      );
      return false;
    }
    log.restore(appendedBatch(batch));
  }
  return true;
}
