/** The files of one partition's directory, sorted by what they are, and whether two looks at it saw the same. Pure; touches no disk. */
import type { DiskEntry } from '../../../base/env.ts';
import { LOG, OFFSET_INDEX, parseFileName, SNAPSHOT, TIME_INDEX, TRANSACTION_INDEX } from '../file-names.ts';

export interface LogFiles {
  /** First offsets, ascending. */
  readonly segments: readonly number[];
  /** Offsets, ascending. */
  readonly snapshots: readonly number[];
  /** Names of indexes whose segment is not there. */
  readonly orphans: readonly string[];
  /** Changes when a file comes, goes or changes, except by what is appended to the last segment. */
  readonly fingerprint: string;
}

export function logFiles(entries: readonly DiskEntry[]): LogFiles {
  const segments: number[] = [];
  const snapshots: number[] = [];
  const indexes: { name: string; offset: number }[] = [];
  for (const { name } of entries) {
    const parsed = parseFileName(name);
    if (parsed?.suffix === LOG) segments.push(parsed.offset);
    else if (parsed?.suffix === SNAPSHOT) snapshots.push(parsed.offset);
    else if (parsed !== undefined && isIndex(parsed.suffix)) indexes.push({ name, offset: parsed.offset });
  }
  segments.sort(ascending);
  const last = segments.at(-1) ?? -1;
  const orphans = indexes.filter(({ offset }) => !segments.includes(offset)).map(({ name }) => name);
  return { segments, snapshots: snapshots.sort(ascending), orphans, fingerprint: fingerprintOf(entries, last) };
}

export function isIndex(suffix: string): boolean {
  return suffix === OFFSET_INDEX || suffix === TIME_INDEX || suffix === TRANSACTION_INDEX;
}

function fingerprintOf(entries: readonly DiskEntry[], lastSegment: number): string {
  const lines = entries.flatMap(({ name, bytes, modifiedMs }) => {
    const parsed = parseFileName(name);
    if (parsed === undefined) return [];
    const grows = parsed.offset === lastSegment && parsed.suffix !== SNAPSHOT;
    return [grows ? name : `${name} ${bytes} ${modifiedMs}`];
  });
  return lines.sort().join('\n');
}

function ascending(one: number, other: number): number {
  return one - other;
}
