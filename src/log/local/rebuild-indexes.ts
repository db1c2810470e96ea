/**
 * Makes the indexes of a complete segment anew from its batches, and tells its epochs. The segment lies below the recovery point: what is in it was
 * durable once, so it is never cut, whatever it looks like now. Damage is told, with the offsets that cannot be reached because of it, and left.
 */
import type { DiskFile, Env } from '../../base/env.ts';
import { hasValidCrc } from '../../protocol/batch/crc32c.ts';
import { appendedBatch } from '../appended-batch.ts';
import type { EpochList } from '../epoch-list.ts';
import type { LogSettings } from '../log-engine.ts';
import { walkBatches } from './batch-walk.ts';
import { TEMPORARY } from './file-names.ts';
import type { OpenFiles } from './open-files.ts';
import { newSegmentFacts, Segment, type SegmentFacts } from './segment.ts';

export interface IndexRebuilding {
  readonly env: Env;
  readonly files: OpenFiles;
  readonly directory: string;
  /** What the directory listing says. */
  readonly facts: SegmentFacts;
  /** Where the next segment begins. */
  readonly endOffset: number;
  readonly settings: LogSettings;
  readonly epochs: EpochList;
}

export async function rebuildIndexes(rebuilding: IndexRebuilding): Promise<Segment> {
  const { env, files, directory, facts, endOffset, settings } = rebuilding;
  const shared = { directory, files, indexBytesMax: settings.segmentIndexBytes, exists: true, rollJitterMs: 0 };
  // What was aborted is not told by the batches of one segment: the list stays, and the partition judges it (decision 0019).
  const { transactionIndexBytes } = facts;
  const kept = { ...newSegmentFacts(facts.baseOffset, facts.modifiedMs), transactionIndexBytes };
  const segment = new Segment({ ...shared, facts: kept });
  const indexes = [segment.offsets.entries.file, segment.times.entries.file];
  // Half an index would be believed after a crash: it gets its name when it is whole.
  for (const file of indexes) file.path += TEMPORARY;
  await files.use(segment.log, (file) => walk(file, rebuilding, segment));
  // What cannot be reached stays in the file, behind the last batch that can.
  segment.bytes = facts.bytes;
  segment.writtenBytes = facts.bytes;
  segment.durableBytes = facts.bytes;
  segment.endOffset = endOffset;
  segment.modifiedMs = facts.modifiedMs;
  await segment.finish();
  await segment.close();
  for (const file of indexes) {
    const name = file.path.slice(0, -TEMPORARY.length);
    await env.disk.rename(file.path, name);
    file.path = name;
  }
  await env.disk.syncDirectory(directory);
  return segment;
}

async function walk(file: DiskFile, rebuilding: IndexRebuilding, segment: Segment): Promise<void> {
  const { env, facts, endOffset, epochs } = rebuilding;
  const { indexIntervalBytes } = rebuilding.settings;
  const { position } = await walkBatches({
    file,
    from: 0,
    to: facts.bytes,
    whole: true,
    visit: (batch) => {
      const added = appendedBatch(batch);
      const { baseOffset, lastOffset } = added;
      if (baseOffset < segment.endOffset || lastOffset >= endOffset) return false;
      if (!hasValidCrc(batch)) env.logger.error({ baseOffset, lastOffset }, 'a batch of a log is not what was written');
      segment.add(added, batch.byteLength, { indexIntervalBytes, nowMs: facts.modifiedMs });
      epochs.onBatch(added.leaderEpoch, baseOffset);
      return true;
    },
  });
  if (position === facts.bytes) return;
  const range = { fromOffset: segment.endOffset, toOffset: endOffset };
  env.logger.error(range, 'a part of a log cannot be read: its bytes are damaged');
}
