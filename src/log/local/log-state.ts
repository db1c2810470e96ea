/**
 * What has to be known of a log to open it without looking at its files, and the file that holds it for all logs after a clean stop. It only
 * saves work: without it, opening finds everything out from the log's own files.
 */
import type { Disk } from '../../base/env.ts';
import type { LeaderEpochEntry, LogId } from '../log-engine.ts';
import { CLEAN_STATE } from './file-names.ts';
import type { SegmentFacts } from './segment.ts';
import { readSmallFile, replaceFile } from './small-files.ts';

export interface LogState {
  readonly id: LogId;
  readonly startOffset: number;
  readonly epochs: readonly LeaderEpochEntry[];
  /** False: the file beside the segments may have lost some of them, and the recovery point must not move before it is durable. */
  readonly epochsSaved: boolean;
  /** Oldest first. */
  readonly segments: readonly SegmentFacts[];
  /** Offsets of the snapshot files. */
  readonly snapshots: readonly number[];
}

const VERSION = 3;

/** A clean stop's states and the token that the shutdown marker of the same stop has. */
interface CleanState {
  readonly version: typeof VERSION;
  readonly token: number;
  readonly logs: readonly LogState[];
}

export async function writeCleanState(disk: Disk, root: string, state: Omit<CleanState, 'version'>): Promise<void> {
  const content: CleanState = { version: VERSION, ...state };
  await replaceFile(disk, `${root}/${CLEAN_STATE}`, JSON.stringify(content));
}

/** Undefined when there is none, when it is damaged, or when it does not belong to the marker with `token` (if there is a marker). */
export async function readCleanState(
  disk: Disk,
  root: string,
  token: number | undefined,
): Promise<readonly LogState[] | undefined> {
  const bytes = await readSmallFile(disk, `${root}/${CLEAN_STATE}`);
  if (bytes === undefined) return undefined;
  const state = parse(bytes.toString());
  return state === undefined || (token !== undefined && token !== state.token) ? undefined : state.logs;
}

function parse(text: string): CleanState | undefined {
  try {
    // The file is replaced as a whole and only this program writes it: with the right version it has the right shape.
    const state = JSON.parse(text) as CleanState;
    return state.version === VERSION && Array.isArray(state.logs) ? state : undefined;
  } catch {
    return undefined;
  }
}
