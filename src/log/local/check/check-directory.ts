/**
 * Checks a whole data directory, log after log: what `ottla log check` prints, and what a restore relies on. Works on the directory of a broker that was
 * stopped, was killed, or runs. Reads only.
 */
import { DataDirectoryRefused } from '../../../base/faults.ts';
import { limits } from '../../../base/limits.ts';
import { Slots } from '../../../base/slots.ts';
import {
  CLEAN_SHUTDOWN,
  CLEANED_OFFSETS,
  directoryName,
  HIGH_WATERMARKS,
  META_PROPERTIES,
  parseDirectoryName,
  RECOVERY_POINTS,
  START_OFFSETS,
} from '../file-names.ts';
import { readMetaProperties } from '../meta-properties.ts';
import { parseOffsets } from '../offset-checkpoint.ts';
import { readSmallFile } from '../small-files.ts';
import type { BatchAudit } from './batch-audit.ts';
import { checkLog, type LogClaims, type LogReport } from './check-log.ts';
import type { CheckWorld } from './check-world.ts';
import { FaultList } from './fault.ts';
import { checkJournal } from './journal-check.ts';
import type { TopicAudit } from './topic-audit.ts';
import { checkTopics } from './topic-check.ts';

export interface DirectoryToCheck {
  readonly world: CheckWorld;
  readonly root: string;
  /** What the rows above know about batches. */
  readonly audit?: (() => BatchAudit) | undefined;
  /** And about topics. */
  readonly topics?: TopicAudit | undefined;
}

export interface DirectoryReport {
  readonly root: string;
  /** The broker that had it last stopped cleanly. */
  readonly clean: boolean;
  /** By name. */
  readonly logs: readonly LogReport[];
  /** Names of logs that only the journal has: the next start makes them anew, unless their topics were deleted. */
  readonly journalOnly: readonly string[];
  /** Of the files at the top of the directory. */
  readonly faults: FaultList;
}

/** Rejects with a DiskFault when the directory cannot be read. */
export async function checkDirectory(options: DirectoryToCheck): Promise<DirectoryReport> {
  const { world, root, audit } = options;
  const faults = new FaultList();
  await checkMetaProperties(options, faults);
  // The checkpoints and the journal before the logs: they run behind what they speak of.
  const claimsOf = await readClaims(options, faults);
  const journal = await checkJournal(world, root, faults);
  const entries = await world.disk.list(root);
  const names = entries
    .filter(({ name, kind }) => kind === 'directory' && isLogDirectory(name))
    .map(({ name }) => name);
  const checking = names.sort().map((name) => {
    return () => checkLog({ world, root, name, claims: claimsOf(name), journal: journal.get(name) ?? [], audit });
  });
  const found = await new Slots(limits.logsChecked).all(checking);
  const logs = found.filter((log) => log !== undefined);
  await checkTopics({ world, root, logs, topics: options.topics });
  const journalOnly = [...journal.keys()].filter((name) => !names.includes(name)).sort();
  return { root, clean: claimsOf('').clean, logs, journalOnly, faults };
}

/** Faults of all parts, at most as many as are listed. */
export function faultsOf(report: DirectoryReport): FaultList['faults'] {
  return [report.faults, ...report.logs.map(({ faults }) => faults)]
    .flatMap(({ faults }) => faults)
    .slice(0, limits.faultsListed);
}

/** Also of those that are not listed. */
export function faultCountOf(report: DirectoryReport): number {
  return report.logs.reduce((sum, { faults }) => sum + faults.count, report.faults.count);
}

function isLogDirectory(name: string): boolean {
  const parsed = parseDirectoryName(name);
  return parsed !== undefined && directoryName(parsed) === name;
}

async function checkMetaProperties({ world, root }: DirectoryToCheck, faults: FaultList): Promise<void> {
  try {
    const found = await readMetaProperties(world.disk, root);
    if (found === undefined) faults.data(META_PROPERTIES, 'the file is missing: whose directory this is, is not known');
  } catch (error) {
    if (!(error instanceof DataDirectoryRefused)) throw error;
    faults.data(META_PROPERTIES, error.message);
  }
}

async function readClaims({ world, root }: DirectoryToCheck, faults: FaultList): Promise<(name: string) => LogClaims> {
  const read = async (
    name: string,
    damage: string,
    harm: 'data' | 'derived',
  ): Promise<Map<string, number> | undefined> => {
    const bytes = await readSmallFile(world.disk, `${root}/${name}`);
    // Kafka leaves the cleaner's file empty until it has cleaned something.
    if (bytes === undefined || (name === CLEANED_OFFSETS && bytes.byteLength === 0)) return undefined;
    const offsets = parseOffsets(bytes.toString());
    if (offsets === undefined)
      faults.add({
        file: name,
        position: undefined,
        offset: undefined,
        harm,
        problem: `the file is damaged: ${damage}`,
      });
    return offsets;
  };
  const clean = (await world.disk.stat(`${root}/${CLEAN_SHUTDOWN}`)) !== undefined;
  const recoveryPoints = await read(
    RECOVERY_POINTS,
    'after a crash every log is checked from its beginning',
    'derived',
  );
  const startOffsets = await read(START_OFFSETS, 'deleted records may be readable again', 'data');
  const highWatermarks = await read(HIGH_WATERMARKS, 'Apache Kafka would take every log for uncommitted', 'derived');
  const cleaned = await read(CLEANED_OFFSETS, 'compaction begins anew', 'derived');
  return (name) => ({
    clean,
    recoveryPoint: recoveryPoints?.get(name),
    startOffset: startOffsets?.get(name),
    highWatermark: highWatermarks?.get(name),
    cleanedUpTo: cleaned?.get(name),
  });
}
