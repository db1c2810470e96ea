/** `leader-epoch-checkpoint` of one partition: which epoch began at which offset. Derived from the log; a damaged file is as good as none. */
import type { LeaderEpochEntry } from '../log-engine.ts';
import { formatCheckpoint, parseCheckpoint, parseWholeNumber } from './text-checkpoint.ts';

export function formatLeaderEpochs(entries: readonly LeaderEpochEntry[]): string {
  return formatCheckpoint(entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`));
}

/** Undefined when the text is damaged, or when epochs or offsets do not rise. */
export function parseLeaderEpochs(text: string): LeaderEpochEntry[] | undefined {
  const entries: LeaderEpochEntry[] = [];
  for (const [epochWord, offsetWord] of parseCheckpoint(text, 2) ?? [['damaged']]) {
    const epoch = parseWholeNumber(epochWord);
    const startOffset = parseWholeNumber(offsetWord);
    const last = entries.at(-1);
    if (epoch === undefined || startOffset === undefined) return undefined;
    if (last !== undefined && (epoch <= last.epoch || startOffset < last.startOffset)) return undefined;
    entries.push({ epoch, startOffset });
  }
  return entries;
}
