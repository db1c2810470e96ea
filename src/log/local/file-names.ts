/** Names of directories and files, as Apache Kafka writes them. Pure; touches no disk. */
import type { Random } from '../../base/env.ts';
import type { LogId } from '../log-engine.ts';

export const LOG = '.log';
export const OFFSET_INDEX = '.index';
export const TIME_INDEX = '.timeindex';
export const TRANSACTION_INDEX = '.txnindex';
export const SNAPSHOT = '.snapshot';
/** Appended to a file that is to go: whoever opens the directory removes it. */
export const DELETED = '.deleted';
/** Appended to what recovery had to take out of the log, for somebody to look at. */
export const LOST = '.lost';
/** Appended while a file is being written. */
export const TEMPORARY = '.tmp';

/** Appended to what compaction is writing. */
export const CLEANED = '.cleaned';
/** Appended to what compaction has written, until the files that it replaces are out of the way. */
export const SWAP = '.swap';

export const PARTITION_METADATA = 'partition.metadata';
export const LEADER_EPOCHS = 'leader-epoch-checkpoint';
export const RECOVERY_POINTS = 'recovery-point-offset-checkpoint';
export const START_OFFSETS = 'log-start-offset-checkpoint';
/** How far a log is compacted, per partition. */
export const CLEANED_OFFSETS = 'cleaner-offset-checkpoint';
/** High watermarks that Kafka wrote; Ottla's follow from the log. */
export const HIGH_WATERMARKS = 'replication-offset-checkpoint';
export const CLEAN_SHUTDOWN = '.kafka_cleanshutdown';
export const CLEAN_STATE = '.ottla_cleanstate';
/** Followed by a number. */
export const JOURNAL = '.ottla_journal.';
/** Whoever has it locked owns the data directory. */
export const LOCK = '.lock';
export const META_PROPERTIES = 'meta.properties';

/** Who asks a running broker for a backup's cut holds the lock; the broker takes the request away and writes the answer. */
export const BACKUP_LOCK = '.ottla_backup.lock';
export const CUT_REQUEST = '.ottla_backup.request';
export const CUT_ANSWER = '.ottla_backup.answer';
/** What a backup consists of. Written last. */
export const BACKUP_MANIFEST = 'ottla-backup.json';
/** There as long as a backup or a restore is filling the directory. */
export const INCOMPLETE = '.ottla_incomplete';

/** Directories that end so hold a removed log, or one that belongs to no topic; they are nobody's. */
const REMOVED_SUFFIX = '-delete';
const STRAY_SUFFIX = '-stray';
/** Of a directory that a log is being moved to. */
const FUTURE_NAME = /^([a-zA-Z0-9._-]+)-(\d{1,10})\.[0-9a-f]{32}-future$/;

const NAME_BYTES_MAX = 255;
const OFFSET_DIGITS = 20;
const FILE_NAME = /^(\d{20})(\.[a-z]+)$/;
const DIRECTORY_NAME = /^([a-zA-Z0-9._-]{1,249})-(\d{1,10})$/;

export function fileName(offset: number, suffix: string): string {
  return String(offset).padStart(OFFSET_DIGITS, '0') + suffix;
}

export function parseFileName(name: string): { offset: number; suffix: string } | undefined {
  const match = FILE_NAME.exec(name);
  return match === null ? undefined : { offset: Number(match[1]), suffix: match[2] ?? '' };
}

export function directoryName(id: { topic: string; partition: number }): string {
  return `${id.topic}-${id.partition}`;
}

/** Undefined for a directory that is no partition's. */
export function parseDirectoryName(name: string): { topic: string; partition: number } | undefined {
  const match = DIRECTORY_NAME.exec(name);
  return match === null ? undefined : { topic: match[1] ?? '', partition: Number(match[2]) };
}

export function isRemovedDirectory(name: string): boolean {
  return name.endsWith(REMOVED_SUFFIX) && !DIRECTORY_NAME.test(name);
}

/** One that was set aside, of a topic that is not the one of its name any more. */
export function isStrayDirectory(name: string): boolean {
  return name.endsWith(STRAY_SUFFIX) && !DIRECTORY_NAME.test(name);
}

/** What keeps such a name apart from all others. */
export function uniquePart(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('hex');
}

/** What a removed log's directory is called until it is gone. `unique` keeps it apart from earlier ones of the same name. */
export function removedDirectoryName(id: LogId, unique: string): string {
  return outOfTheWay(id, `.${unique}${REMOVED_SUFFIX}`);
}

/** What the directory of a topic that is not the expected one is called, until somebody looks at it. */
export function strayDirectoryName(id: LogId, unique: string): string {
  return outOfTheWay(id, `.${unique}${STRAY_SUFFIX}`);
}

/** Where a log's files are while it is being moved into this data directory, as in Apache Kafka. `unique` has 32 hexadecimal digits. */
export function futureDirectoryName(id: { topic: string; partition: number }, unique: string): string {
  return `${directoryName(id)}.${unique}-future`;
}

/** Undefined for a directory that is none of these. */
export function parseFutureDirectoryName(name: string): { topic: string; partition: number } | undefined {
  const match = FUTURE_NAME.exec(name);
  return match === null ? undefined : { topic: match[1] ?? '', partition: Number(match[2]) };
}

/** Whether the log's directory has a name while it is being moved: other than elsewhere, nothing can be cut off it, because it must be found again. */
export function hasFutureName(id: { topic: string; partition: number }): boolean {
  return futureDirectoryName(id, '0'.repeat(32)).length <= NAME_BYTES_MAX;
}

/** A topic's name may be so long that it has to be cut to make room for the suffix. */
function outOfTheWay(id: LogId, suffix: string): string {
  return directoryName(id).slice(0, NAME_BYTES_MAX - suffix.length) + suffix;
}
