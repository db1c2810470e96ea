/**
 * Makes the data directories of a broker of a backup, one or several, and verifies every batch of it. They are marked until all is well in all of them, so that no broker starts on a part.
 * Always copies: the broker will write into files that the backup must keep.
 */
import type { Disk } from '../../../base/env.ts';
import { limits } from '../../../base/limits.ts';
import { Slots } from '../../../base/slots.ts';
import type { BatchAudit } from '../check/batch-audit.ts';
import { checkDirectory, type DirectoryReport, faultCountOf } from '../check/check-directory.ts';
import type { CheckWorld } from '../check/check-world.ts';
import { CLEANED_OFFSETS, directoryName, START_OFFSETS } from '../file-names.ts';
import { type MetaProperties, writeMetaProperties } from '../meta-properties.ts';
import { formatOffsets } from '../offset-checkpoint.ts';
import { replaceFile } from '../small-files.ts';
import { copyFirst } from './copy-file.ts';
import { sealLog } from './copy-log.ts';
import { type BackupManifest, type CopiedLog, readManifest } from './manifest.ts';
import { placeLogs, type RestoreDirectory } from './place-logs.ts';
import { beginTargets, finishTarget } from './target-directory.ts';

export interface RestoreOptions {
  readonly world: CheckWorld;
  readonly backup: string;
  /** The first gets the metadata log. */
  readonly targets: readonly [string, ...string[]];
  /** The topic of the metadata log. */
  readonly metadataTopic: string;
  readonly audit: () => BatchAudit;
  /** Kafka's `directory.id`, never the same twice. */
  readonly newDirectoryId: () => string;
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** Of each target. With faults in one, all are marked as incomplete. */
  readonly reports: readonly DirectoryReport[];
}

/** Throws DataDirectoryRefused or a DiskFault; the targets are then marked as incomplete. */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { world, backup, targets, metadataTopic } = options;
  const { disk } = world;
  const manifest = await readManifest(disk, backup);
  await beginTargets(disk, targets);
  const [first, ...others] = targets;
  const directories: RestoreDirectory[] = [];
  for (const root of targets) directories.push({ root, usableBytes: (await disk.space(root)).usableBytes });
  const placed = placeLogs({ logs: manifest.logs, metadataTopic, directories });
  const copying = Array.from(placed, ([root, logs]) => logs.map((log) => () => copyBack(options, root, log))).flat();
  await new Slots(limits.logsChecked).all(copying);
  const reports: DirectoryReport[] = [];
  for (const [root, logs] of placed) {
    const directoryId = root === first ? manifest.meta.directoryId : options.newDirectoryId();
    await writeTopFiles({ disk, root, logs, meta: { ...manifest.meta, directoryId } });
    const report = await checkDirectory({ world, root, audit: options.audit });
    compareEnds(logs, report);
    reports.push(report);
  }
  // The first one last: without its metadata log, no broker takes the others for all that there is.
  const isSound = reports.every((report) => faultCountOf(report) === 0);
  if (isSound) for (const root of [...others, first]) await finishTarget(disk, root);
  return { manifest, reports };
}

async function copyBack({ world: { disk }, backup }: RestoreOptions, root: string, log: CopiedLog): Promise<void> {
  const name = directoryName(log);
  await disk.makeDirectory(`${root}/${name}`);
  for (const file of log.files) {
    const [from, to] = [`${backup}/${name}/${file.name}`, `${root}/${name}/${file.name}`];
    await copyFirst({ disk, from, to, bytes: file.bytes });
  }
  await sealLog(disk, `${root}/${name}`, log);
}

async function writeTopFiles({
  disk,
  root,
  logs,
  meta,
}: {
  disk: Disk;
  root: string;
  logs: readonly CopiedLog[];
  meta: MetaProperties;
}): Promise<void> {
  const offsetsOf = (offset: (log: CopiedLog) => number | undefined) => {
    const offsets = logs.flatMap((log) => {
      const value = offset(log);
      return value === undefined ? [] : [[directoryName(log), value] as const];
    });
    return formatOffsets(new Map(offsets));
  };
  const starts = offsetsOf(({ startOffset }) => (startOffset > 0 ? startOffset : undefined));
  await replaceFile(disk, `${root}/${START_OFFSETS}`, starts);
  const cleaned = offsetsOf(({ cleanOffset }) => cleanOffset);
  await replaceFile(disk, `${root}/${CLEANED_OFFSETS}`, cleaned);
  await writeMetaProperties(disk, root, meta);
}

/** Batches that are sound are not yet all of them. */
function compareEnds(logs: readonly CopiedLog[], report: DirectoryReport): void {
  const found = new Map(report.logs.map((log) => [directoryName(log), log]));
  for (const log of logs) {
    const name = directoryName(log);
    const { startOffset, endOffset } = found.get(name) ?? { startOffset: 0, endOffset: 0 };
    if (startOffset === log.startOffset && endOffset === log.endOffset) continue;
    const problem = `the log has the offsets from ${startOffset} to ${endOffset}, and the backup those from ${log.startOffset} to ${log.endOffset}`;
    report.faults.data(name, problem);
  }
}
