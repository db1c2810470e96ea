/**
 * Makes a data directory of a backup, and verifies every batch of it. The directory is marked until all is well, so that no broker starts on a part. Always
 * copies: the broker will write into files that the backup must keep.
 */
import { limits } from '../../../base/limits.ts';
import { Slots } from '../../../base/slots.ts';
import type { BatchAudit } from '../check/batch-audit.ts';
import { checkDirectory, type DirectoryReport, faultCountOf } from '../check/check-directory.ts';
import type { CheckWorld } from '../check/check-world.ts';
import { CLEANED_OFFSETS, directoryName, START_OFFSETS } from '../file-names.ts';
import { writeMetaProperties } from '../meta-properties.ts';
import { formatOffsets } from '../offset-checkpoint.ts';
import { replaceFile } from '../small-files.ts';
import { copyFirst } from './copy-file.ts';
import { sealLog } from './copy-log.ts';
import { type BackupManifest, type CopiedLog, readManifest } from './manifest.ts';
import { beginTarget, finishTarget } from './target-directory.ts';

export interface RestoreOptions {
  readonly world: CheckWorld;
  readonly backup: string;
  readonly target: string;
  readonly audit: () => BatchAudit;
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** With faults, the target is marked as incomplete. */
  readonly report: DirectoryReport;
}

/** Throws DataDirectoryRefused or a DiskFault; the target is then marked as incomplete. */
export async function restore({ world, backup, target, audit }: RestoreOptions): Promise<Restored> {
  const { disk } = world;
  const manifest = await readManifest(disk, backup);
  await beginTarget(disk, target);
  const copying = manifest.logs.map((log) => () => copyBack({ world, backup, target }, log));
  await new Slots(limits.logsChecked).all(copying);
  const offsetsOf = (offset: (log: CopiedLog) => number) =>
    formatOffsets(
      new Map(manifest.logs.map((log) => [directoryName(log), offset(log)] as const).filter(([, value]) => value > 0)),
    );
  await replaceFile(
    disk,
    `${target}/${START_OFFSETS}`,
    offsetsOf(({ startOffset }) => startOffset),
  );
  await replaceFile(
    disk,
    `${target}/${CLEANED_OFFSETS}`,
    offsetsOf(({ cleanOffset }) => cleanOffset),
  );
  await writeMetaProperties(disk, target, manifest.meta);
  const report = await checkDirectory({ world, root: target, audit });
  compareEnds(manifest, report);
  if (faultCountOf(report) === 0) await finishTarget(disk, target);
  return { manifest, report };
}

async function copyBack(
  { world: { disk }, backup, target }: Omit<RestoreOptions, 'audit'>,
  log: CopiedLog,
): Promise<void> {
  const name = directoryName(log);
  await disk.makeDirectory(`${target}/${name}`);
  for (const file of log.files) {
    const [from, to] = [`${backup}/${name}/${file.name}`, `${target}/${name}/${file.name}`];
    await copyFirst({ disk, from, to, bytes: file.bytes });
  }
  await sealLog(disk, `${target}/${name}`, log);
}

/** Batches that are sound are not yet all of them. */
function compareEnds({ logs }: BackupManifest, report: DirectoryReport): void {
  const found = new Map(report.logs.map((log) => [directoryName(log), log]));
  for (const log of logs) {
    const name = directoryName(log);
    const { startOffset, endOffset } = found.get(name) ?? { startOffset: 0, endOffset: 0 };
    if (startOffset === log.startOffset && endOffset === log.endOffset) continue;
    const problem = `the log has the offsets from ${startOffset} to ${endOffset}, and the backup those from ${log.startOffset} to ${log.endOffset}`;
    report.faults.data(name, problem);
  }
}
