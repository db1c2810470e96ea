/**
 * What a clean stop leaves for the next start: Kafka's marker, which says that every log is sound, and our own file, which spares looking at
 * them. Both are taken away before anything is written, so that a crash never finds them.
 *
 * The marker is never there without the state, whatever a power loss takes: alone it would also vouch for the files that the stop has not synced, and only the state
 * knows which they are. The state alone says nothing that is not so.
 */
import type { Disk } from '../../base/env.ts';
import { CLEAN_SHUTDOWN, CLEAN_STATE, directoryName } from './file-names.ts';
import { type LogState, readCleanState, writeCleanState } from './log-state.ts';
import { readSmallFile, replaceFile } from './small-files.ts';

export interface CleanStart {
  /** The last stop was clean: no log needs a check. */
  readonly clean: boolean;
  /** By directory name: logs that need not even be looked at. */
  readonly states: Map<string, LogState>;
}

export async function takeCleanStart(disk: Disk, root: string): Promise<CleanStart> {
  const marker = await readSmallFile(disk, `${root}/${CLEAN_SHUTDOWN}`);
  const token = marker === undefined ? undefined : tokenOf(marker.toString());
  const logs = (await readCleanState(disk, root, token)) ?? [];
  if (marker !== undefined) {
    await disk.remove(`${root}/${CLEAN_SHUTDOWN}`);
    await disk.syncDirectory(root);
  }
  await disk.remove(`${root}/${CLEAN_STATE}`);
  await disk.syncDirectory(root);
  return { clean: marker !== undefined, states: new Map(logs.map((state) => [directoryName(state.id), state])) };
}

export interface CleanStop {
  readonly logs: readonly LogState[];
  /** False when a log was never opened after a crash, or failed: then only those in `logs` are known to be sound. */
  readonly allSound: boolean;
  /** Ties the two files together. Kafka keeps the broker epoch there. */
  readonly token: number;
}

export async function markCleanStop(disk: Disk, root: string, { logs, allSound, token }: CleanStop): Promise<void> {
  await writeCleanState(disk, root, { token, logs });
  await disk.syncDirectory(root);
  if (!allSound) return;
  await replaceFile(disk, `${root}/${CLEAN_SHUTDOWN}`, JSON.stringify({ version: 0, brokerEpoch: token }));
  await disk.syncDirectory(root);
}

/** A marker without one gets a number that no clean state has. */
function tokenOf(text: string): number {
  return Number(/"brokerEpoch":\s*(-?\d+)/.exec(text)?.[1] ?? Number.NaN);
}
