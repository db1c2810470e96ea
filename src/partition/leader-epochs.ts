/** Where leader epochs end (KIP-101): the answer that lets a client or a replica find where two logs diverge. */
import type { LeaderEpochEntry } from '../log/log-engine.ts';

export interface EpochEnd {
  /** -1 when the asked epoch is not known here. */
  readonly leaderEpoch: number;
  /** -1 with it. */
  readonly endOffset: number;
}

const unknown: EpochEnd = { leaderEpoch: -1, endOffset: -1 };

/**
 * The end of `epoch`, or of the largest one below it that the log has. `epochs` ascend, and the last one reaches to `logEndOffset`.
 * An epoch before the first keeps its number and ends where the first one starts; -1 is no epoch.
 */
export function endOffsetOfEpoch(epochs: readonly LeaderEpochEntry[], epoch: number, logEndOffset: number): EpochEnd {
  const latest = epochs.at(-1);
  if (epoch === -1 || latest === undefined || epoch > latest.epoch) return unknown;
  if (epoch === latest.epoch) return { leaderEpoch: epoch, endOffset: logEndOffset };
  const higherIndex = epochs.findIndex((entry) => entry.epoch > epoch);
  const higher = epochs[higherIndex];
  if (higher === undefined) return unknown;
  return { leaderEpoch: epochs[higherIndex - 1]?.epoch ?? epoch, endOffset: higher.startOffset };
}

/** The epoch that `offset` was written in; -1 when the log does not know. */
export function epochOfOffset(epochs: readonly LeaderEpochEntry[], offset: number): number {
  let found = -1;
  for (const entry of epochs) {
    if (entry.startOffset > offset) break;
    found = entry.epoch;
  }
  return found;
}
