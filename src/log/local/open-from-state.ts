/**
 * Opens a log by what the last clean stop has left of it, without looking into its files: only at their sizes. What does not fit has changed since, and is found out from
 * the files.
 */
import type { Env } from '../../base/env.ts';
import { EpochList } from '../epoch-list.ts';
import type { LogSettings } from '../log-engine.ts';
import { rollJitterMs } from '../segment-roll.ts';
import { fileName, LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX } from './file-names.ts';
import type { FoundLog } from './local-log.ts';
import type { LogState } from './log-state.ts';
import type { OpenFiles } from './open-files.ts';
import { Segment, type SegmentFacts } from './segment.ts';

export interface StateToOpen {
  readonly env: Env;
  readonly files: OpenFiles;
  /** The log's. */
  readonly directory: string;
  readonly state: LogState;
  readonly settings: LogSettings;
}

/** Undefined when the files have changed since the state was written. */
export async function openFromState(opening: StateToOpen): Promise<FoundLog | undefined> {
  const { env, files, directory, state, settings } = opening;
  const active = state.segments.at(-1);
  if (active === undefined) return undefined;
  const bytes = await bytesOf(opening, active, LOG);
  if ((bytes ?? 0) !== active.bytes) return undefined;
  const index = await bytesOf(opening, active, OFFSET_INDEX);
  const timeIndex = await bytesOf(opening, active, TIME_INDEX);
  // The active segment's are as long as they were; those of complete segments are looked at when they are used.
  if ((index ?? 0) !== active.indexBytes || (timeIndex ?? 0) !== active.timeIndexBytes) return undefined;
  if (!(await hasTransactionIndexes(opening))) return undefined;
  const segments = state.segments.map((facts) => {
    const segment = new Segment({
      directory,
      files,
      facts,
      exists: facts !== active || bytes !== undefined,
      hasIndexes: facts !== active || (index !== undefined && timeIndex !== undefined),
      rollJitterMs: rollJitterMs(settings, env.random.next()),
      indexBytesMax: settings.segmentIndexBytes,
    });
    segment.finished = facts !== active;
    return segment;
  });
  const { startOffset, epochs, epochsSaved, snapshots } = state;
  return {
    startOffset,
    firstOffset: startOffset,
    segments,
    syncedOffset: active.endOffset,
    epochs: new EpochList(epochs),
    epochsChanged: !epochsSaved,
    snapshots,
    snapshotsMayBeTorn: false,
  };
}

/** They are believed as they are, so that they are there is worth a look; most logs have none. */
async function hasTransactionIndexes(opening: StateToOpen): Promise<boolean> {
  for (const facts of opening.state.segments) {
    const { transactionIndexBytes } = facts;
    if (transactionIndexBytes === 0) continue;
    if ((await bytesOf(opening, facts, TRANSACTION_INDEX)) !== transactionIndexBytes) return false;
  }
  return true;
}

/** Undefined when there is no such file. */
async function bytesOf(
  { env, directory }: StateToOpen,
  { baseOffset }: SegmentFacts,
  suffix: Parameters<typeof fileName>[1],
): Promise<number | undefined> {
  return (await env.disk.stat(`${directory}/${fileName(baseOffset, suffix)}`))?.bytes;
}
